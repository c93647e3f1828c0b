import type { Dialect, LinkbackType, Moderation, Rsvp, Verification } from '../linkback/linkback.ts';
import type { Reason } from '../linkback/refusal.ts';

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
  readonly token: TokenRow;
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
  mover: 'look' | 'policy' | 'person';
  mover_name: string | null;
  from_state: string;
  to_state: string;
  why: string;
};

export type AttemptRow = { id: string; linkback_id: string; at: number; detail: string };

export type TargetLookRow = { target_key: string; is_gone: number; page: string | null; expires_at: number };

export type TokenRow = { id: string; name: string; hash: string; created_at: number };

export type PulseRow = { id: number; at: number };
