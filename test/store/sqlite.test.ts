import { storeSuite } from '../conformance/store.ts';
import { openSqliteStore } from '../support/sqlite-store.ts';

storeSuite('the store on SQLite', openSqliteStore);
