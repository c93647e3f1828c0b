import type { Dialect, LinkbackType, Moderation, Rsvp, Verification } from '../linkback/linkback.ts';
import type { Reason } from '../linkback/refusal.ts';
import type { RuleAction } from '../linkback/rule.ts';
import type { CallEvent, Delivery } from '../linkback/webhook.ts';

/** The tables as kysely sees them; migrations/ is where they are made. */
export type Tables = {
  readonly linkback: LinkbackRow;
  readonly pair: PairRow;
  readonly announcement: AnnouncementRow;
  readonly counter: CounterRow;
  readonly publication: PublicationRow;
  readonly job: JobRow;
  readonly event: EventRow;
  readonly attempt: AttemptRow;
  readonly target_look: TargetLookRow;
  readonly tally: TallyRow;
  readonly public_tally: PublicTallyRow;
  readonly approved_host: ApprovedHostRow;
  readonly token: TokenRow;
  readonly session: SessionRow;
  readonly site: SiteRow;
  readonly rule: RuleRow;
  readonly decision: DecisionRow;
  readonly decision_member: DecisionMemberRow;
  readonly webhook: WebhookRow;
  readonly delivery: DeliveryRow;
  readonly schedule: ScheduleRow;
  readonly pulse: PulseRow;
};

export type LinkbackRow = {
  id: string;
  pair_key: string;
  site: string;
  type: LinkbackType;
  protocol: Dialect;
  source: string;
  source_host: string;
  host_key: string;
  target: string;
  target_key: string;
  fragment: string | null;
  verification: Verification;
  refusal: Reason | null;
  moderation: Moderation;
  is_public: number;
  facts: string | null;
  excerpt: string | null;
  evidence: string | null;
  score: number;
  signals: string | null;
  text_key: string | null;
  decided_by: 'policy' | 'person' | 'rule' | 'signals' | null;
  decision_id: string | null;
  search_text: string;
  received_at: number;
  published_at: number | null;
  rsvp: Rsvp | null;
  checked_at: number | null;
  verified_at: number | null;
  recheck_at: number | null;
  updated_at: number;
};

export type PairRow = { pair_key: string; linkback_id: string };

export type AnnouncementRow = {
  linkback_id: string;
  pair_key: string;
  dialect: Dialect;
  source: string;
  target: string;
  status_id: string;
  held: number;
  claims: string | null;
  vouch: string | null;
  sender_ip: string | null;
  first_at: number;
  last_at: number;
};

export type CounterRow = { name: 'publication'; value: number };

export type PublicationRow = {
  serial: number;
  linkback_id: string | null;
  public_at: number;
  withdrawn_at: number | null;
  site: string | null;
  target: string | null;
  target_key: string | null;
};

export type JobRow = {
  id: string;
  linkback_id: string;
  host: string;
  state: 'waiting' | 'leased' | 'dead';
  due_at: number;
  again_at: number | null;
  token: string | null;
  lease_until: number | null;
  unfinished: number;
  setbacks: number;
  looks: number;
};

export type EventRow = {
  id: string;
  linkback_id: string;
  at: number;
  machine: 'verification' | 'moderation';
  mover: 'look' | 'policy' | 'person' | 'rule' | 'signals';
  mover_name: string | null;
  from_state: string;
  to_state: string;
  why: string;
};

export type AttemptRow = { id: string; linkback_id: string; at: number; detail: string };

export type TargetLookRow = {
  target_key: string;
  is_gone: number;
  page: string | null;
  published_at: number | null;
  expires_at: number;
};

/** How many linkbacks of a page, or of a site, are public; in several rows where many write at once. */
export type PublicTallyRow = {
  /** Empty for all pages of the site. */
  target_key: string;
  site: string;
  type: LinkbackType;
  /** Empty where there is none. */
  rsvp: Rsvp | '';
  slot: number;
  count: number;
};

export type TallyRow = {
  slot: number;
  site: string;
  moderation: Moderation;
  verification: Verification;
  count: number;
};

export type ApprovedHostRow = { site: string; host: string; approved: number };

export type TokenRow = {
  id: string;
  name: string;
  hash: string;
  scopes: string;
  site: string | null;
  expires_at: number | null;
  last_used_at: number | null;
  created_at: number;
};

export type SessionRow = { hash: string; token_hash: string; created_at: number; expires_at: number };

export type SiteRow = { slug: string; description: string; created_at: number };

export type RuleRow = {
  id: string;
  site: string | null;
  action: RuleAction;
  source_host: string | null;
  source_prefix: string | null;
  author: string | null;
  target_path: string | null;
  dialect: Dialect | null;
  note: string;
  created_by: string;
  created_at: number;
};

export type DecisionRow = {
  id: string;
  at: number;
  by_name: string;
  site: string | null;
  moderation: Moderation;
  note: string;
  moved: number;
  undone_at: number | null;
};

export type DecisionMemberRow = {
  decision_id: string;
  linkback_id: string;
  from_state: Moderation;
  from_decider: LinkbackRow['decided_by'];
};

export type WebhookRow = {
  id: string;
  site: string | null;
  url: string;
  secret: string;
  events: string;
  is_active: number;
  created_at: number;
};

export type DeliveryRow = {
  id: string;
  webhook_id: string;
  /** Empty for a test. */
  linkback_id: string;
  event: CallEvent;
  body: string;
  created_at: number;
  state: Delivery['state'];
  due_at: number;
  token: string | null;
  lease_until: number | null;
  attempts: number;
  ended_at: number | null;
  status: number | null;
  detail: string | null;
};

export type ScheduleRow = { name: string; done_at: number };

export type PulseRow = { id: number; at: number };
