import { mentionStoreSuite } from '../conformance/mention-store.ts';
import { ownerStoreSuite } from '../conformance/owner-store.ts';
import { storeSuite } from '../conformance/store.ts';
import { webhookStoreSuite } from '../conformance/webhook-store.ts';
import { openPostgresStore } from '../support/postgres-store.ts';

storeSuite('the store on PostgreSQL', openPostgresStore);
mentionStoreSuite('the store on PostgreSQL', openPostgresStore);
ownerStoreSuite('the store on PostgreSQL', (tell) => openPostgresStore({}, { tell }));
webhookStoreSuite('the store on PostgreSQL', (telling) => openPostgresStore({}, telling));
