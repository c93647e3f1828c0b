-- What the owner's page stands on: sites and rules kept here, keys with scopes, decisions that can be undone, signals,
-- webhooks. One file for both engines, as the first.

-- Evidence for spam, added up in the open; and who has decided, for what is learned from.
ALTER TABLE linkback ADD COLUMN score INTEGER NOT NULL DEFAULT 0;
ALTER TABLE linkback ADD COLUMN signals TEXT;
-- A digest of the quoted words: the same words said of many pages are a template's.
ALTER TABLE linkback ADD COLUMN text_key TEXT;
ALTER TABLE linkback ADD COLUMN decided_by TEXT CHECK (decided_by IN ('policy', 'person', 'rule', 'signals'));

UPDATE linkback SET decided_by =
  (SELECT mover FROM event WHERE event.linkback_id = linkback.id AND machine = 'moderation' ORDER BY id DESC LIMIT 1);

CREATE INDEX linkback_by_text ON linkback (text_key, target_key) WHERE text_key IS NOT NULL;
CREATE INDEX linkback_by_host_time ON linkback (site, source_host, received_at);
CREATE INDEX linkback_by_person ON linkback (site, moderation, updated_at) WHERE decided_by = 'person';
CREATE INDEX linkback_by_verification ON linkback (verification, id);

-- When one of our own pages was published, as it says itself: old ones may be closed.
ALTER TABLE target_look ADD COLUMN published_at BIGINT;

-- How many linkbacks of a site stand in each pair of states, kept up to date by whatever moves one. The count is the sum
-- over the slots: several of them, so that writers at the same time need not wait for one row.
CREATE TABLE tally (
  slot INTEGER NOT NULL,
  site TEXT NOT NULL,
  moderation TEXT NOT NULL CHECK (moderation IN ('pending', 'approved', 'rejected', 'spam')),
  verification TEXT NOT NULL CHECK (verification IN ('unverified', 'verified', 'refused', 'gone')),
  count BIGINT NOT NULL,
  PRIMARY KEY (site, moderation, verification, slot)
);

INSERT INTO tally (slot, site, moderation, verification, count)
  SELECT 0, site, moderation, verification, COUNT(*) FROM linkback GROUP BY site, moderation, verification;

-- The same events, by more movers.
ALTER TABLE event RENAME TO event_before;

CREATE TABLE event (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  linkback_id TEXT NOT NULL REFERENCES linkback (id) ON DELETE CASCADE,
  at BIGINT NOT NULL CHECK (at > 0),
  machine TEXT NOT NULL CHECK (machine IN ('verification', 'moderation')),
  mover TEXT NOT NULL CHECK (mover IN ('look', 'policy', 'person', 'rule', 'signals')),
  mover_name TEXT,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  why TEXT NOT NULL,
  CHECK ((machine = 'verification' AND from_state IN ('unverified', 'verified', 'refused', 'gone')
      AND to_state IN ('verified', 'refused', 'gone'))
    OR (machine = 'moderation' AND from_state IN ('pending', 'approved', 'rejected', 'spam')
      AND to_state IN ('pending', 'approved', 'rejected', 'spam')))
);

INSERT INTO event (id, linkback_id, at, machine, mover, mover_name, from_state, to_state, why)
  SELECT id, linkback_id, at, machine, mover, mover_name, from_state, to_state, why FROM event_before;

DROP TABLE event_before;

CREATE INDEX event_by_linkback ON event (linkback_id, id);

-- Keys: what their holder may do, on which site, until when.
ALTER TABLE token ADD COLUMN scopes TEXT NOT NULL DEFAULT 'admin';
ALTER TABLE token ADD COLUMN site TEXT;
ALTER TABLE token ADD COLUMN expires_at BIGINT CHECK (expires_at > 0);
ALTER TABLE token ADD COLUMN last_used_at BIGINT CHECK (last_used_at > 0);

-- Somebody at the page: valid as long as the token they came in with.
CREATE TABLE session (
  -- SHA-256 of the cookie, in hex.
  hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
  token_hash TEXT NOT NULL CHECK (length(token_hash) = 64),
  created_at BIGINT NOT NULL CHECK (created_at > 0),
  expires_at BIGINT NOT NULL CHECK (expires_at > 0)
);

CREATE INDEX session_by_expiry ON session (expires_at);

-- Sites beside those of the setting SITES.
CREATE TABLE site (
  slug TEXT PRIMARY KEY CHECK (length(slug) BETWEEN 1 AND 63),
  -- JSON, whose schema is the site as the program knows it.
  description TEXT NOT NULL,
  created_at BIGINT NOT NULL CHECK (created_at > 0)
);

-- Standing decisions; all criteria that are given must hold.
CREATE TABLE rule (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  -- Null for every site.
  site TEXT CHECK (length(site) BETWEEN 1 AND 64),
  action TEXT NOT NULL CHECK (action IN ('approve', 'hold', 'reject', 'block')),
  source_host TEXT CHECK (length(source_host) <= 253),
  source_prefix TEXT CHECK (length(source_prefix) <= 2048),
  author TEXT CHECK (length(author) <= 2048),
  target_path TEXT CHECK (length(target_path) <= 2048),
  dialect TEXT CHECK (dialect IN ('pingback', 'trackback', 'webmention')),
  note TEXT NOT NULL CHECK (length(note) <= 1000),
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL CHECK (created_at > 0),
  CHECK (source_host IS NOT NULL OR source_prefix IS NOT NULL OR author IS NOT NULL OR target_path IS NOT NULL
    OR dialect IS NOT NULL),
  -- Who wrote a page is not known before it is read.
  CHECK (action <> 'block' OR author IS NULL)
);

-- The owner's words, one or many linkbacks at a time, so that each can be taken back.
CREATE TABLE decision (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  at BIGINT NOT NULL CHECK (at > 0),
  by_name TEXT NOT NULL,
  -- The site whose key made it; null for a key of all sites.
  site TEXT,
  moderation TEXT NOT NULL CHECK (moderation IN ('pending', 'approved', 'rejected', 'spam')),
  note TEXT NOT NULL CHECK (length(note) <= 1000),
  undone_at BIGINT CHECK (undone_at > 0)
);

CREATE TABLE decision_member (
  decision_id TEXT NOT NULL REFERENCES decision (id) ON DELETE CASCADE,
  linkback_id TEXT NOT NULL REFERENCES linkback (id) ON DELETE CASCADE,
  from_state TEXT NOT NULL CHECK (from_state IN ('pending', 'approved', 'rejected', 'spam')),
  PRIMARY KEY (decision_id, linkback_id)
);

CREATE INDEX decision_member_by_linkback ON decision_member (linkback_id, decision_id);

CREATE TABLE webhook (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  site TEXT CHECK (length(site) BETWEEN 1 AND 64),
  url TEXT NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
  -- Kept as it is, for signing.
  secret TEXT NOT NULL CHECK (length(secret) BETWEEN 16 AND 200),
  -- A JSON array of names of events.
  events TEXT NOT NULL,
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at BIGINT NOT NULL CHECK (created_at > 0)
);

-- Promised calls to webhooks, written with what they tell of; those that ended stay for a while, for the owner to see.
CREATE TABLE delivery (
  -- The call's idempotency key: the same in every attempt and in a replay.
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  webhook_id TEXT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
  linkback_id TEXT NOT NULL,
  event TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL CHECK (created_at > 0),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'delivered', 'failed')),
  due_at BIGINT NOT NULL CHECK (due_at > 0),
  token TEXT,
  lease_until BIGINT CHECK (lease_until > 0),
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  ended_at BIGINT CHECK (ended_at > 0),
  status INTEGER,
  detail TEXT,
  CHECK ((state = 'leased') = (token IS NOT NULL)),
  CHECK ((state = 'leased') = (lease_until IS NOT NULL))
);

-- Each webhook's calls stand in a queue of their own: however many wait for one, the others are found at once.
CREATE INDEX delivery_due ON delivery (webhook_id, due_at, id) WHERE state = 'waiting';
CREATE INDEX delivery_in_hand ON delivery (webhook_id) WHERE state = 'leased';
CREATE INDEX delivery_by_webhook ON delivery (webhook_id, id);
CREATE INDEX delivery_by_linkback ON delivery (linkback_id);
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;

-- When something that happens by the calendar was done last: only one process does it.
CREATE TABLE schedule (
  name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
  done_at BIGINT NOT NULL CHECK (done_at > 0)
);
