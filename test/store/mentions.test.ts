import { mentionStoreSuite } from '../conformance/mention-store.ts';
import { openSqliteStore } from '../support/sqlite-store.ts';

mentionStoreSuite('the store on SQLite', openSqliteStore);
