import type {
  DecisionStore,
  DeliveryStore,
  ExampleStore,
  ModerationStore,
  RuleStore,
  ScheduleStore,
  SessionStore,
  SiteStore,
  TokenStore,
  WebhookStore,
} from './owner-ports.ts';
import type {
  JobStore,
  MentionStore,
  NumbersStore,
  PingStore,
  PublicStore,
  StatusStore,
  TargetStore,
  TrustStore,
} from './ports.ts';

/** Everything the service keeps, in one place. */
export type Store = JobStore &
  PingStore &
  PublicStore &
  MentionStore &
  StatusStore &
  ModerationStore &
  DecisionStore &
  ScheduleStore &
  TrustStore &
  TargetStore &
  NumbersStore &
  TokenStore &
  SessionStore &
  RuleStore &
  WebhookStore &
  DeliveryStore &
  SiteStore &
  ExampleStore & {
    /** Resolves when the store can read and write; throws otherwise. */
    readonly check: () => Promise<void>;
    readonly close: () => Promise<void>;
  };
