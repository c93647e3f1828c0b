-- One file for both engines: text ids made by the application, instants as whole milliseconds since 1970 in BIGINT,
-- closed sets as TEXT with a check. Booleans are 0 and 1; structured values are JSON in TEXT.

CREATE TABLE linkback (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  -- Source and target in their lenient form: one linkback per pair, whatever the dialect and the spelling.
  pair_key TEXT NOT NULL UNIQUE,
  site TEXT NOT NULL CHECK (length(site) BETWEEN 1 AND 64),
  type TEXT NOT NULL CHECK (type IN ('mention', 'reply', 'like', 'repost', 'bookmark', 'rsvp')),
  protocol TEXT NOT NULL CHECK (protocol IN ('pingback', 'trackback', 'webmention')),
  source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 8192),
  source_host TEXT NOT NULL CHECK (length(source_host) BETWEEN 1 AND 253),
  target TEXT NOT NULL CHECK (length(target) BETWEEN 1 AND 8192),
  target_key TEXT NOT NULL,
  fragment TEXT,
  verification TEXT NOT NULL CHECK (verification IN ('unverified', 'verified', 'refused', 'gone')),
  refusal TEXT CHECK (refusal IN ('malformed', 'same-page', 'source-unusable', 'no-link', 'target-gone',
    'target-closed', 'already-registered', 'access-denied', 'upstream', 'too-many', 'unavailable', 'our-fault')),
  moderation TEXT NOT NULL CHECK (moderation IN ('pending', 'approved', 'rejected', 'spam')),
  is_public INTEGER NOT NULL CHECK (is_public IN (0, 1)),
  -- Title, author, language and time of publication as the page says them.
  facts TEXT,
  excerpt TEXT,
  evidence TEXT,
  -- What a search in the moderation list looks through, in lower case.
  search_text TEXT NOT NULL,
  received_at BIGINT NOT NULL CHECK (received_at > 0),
  -- Two of the facts once more, to sort by.
  published_at BIGINT,
  rsvp TEXT CHECK (rsvp IN ('no', 'interested', 'maybe', 'yes')),
  checked_at BIGINT CHECK (checked_at > 0),
  verified_at BIGINT CHECK (verified_at > 0),
  -- When it is looked at again by itself; null while it has a job, and for what is not verified.
  recheck_at BIGINT CHECK (recheck_at > 0),
  updated_at BIGINT NOT NULL CHECK (updated_at > 0),
  CHECK ((verification = 'refused') = (refusal IS NOT NULL)),
  CHECK ((is_public = 1) = (verification = 'verified' AND moderation = 'approved')),
  CHECK ((verification IN ('verified', 'gone')) = (verified_at IS NOT NULL)),
  CHECK (verified_at IS NULL OR (checked_at IS NOT NULL AND facts IS NOT NULL AND excerpt IS NOT NULL))
);

CREATE INDEX linkback_public_by_target ON linkback (target_key, id) WHERE is_public = 1;
CREATE INDEX linkback_public_by_site ON linkback (site, id) WHERE is_public = 1;
CREATE INDEX linkback_by_recheck ON linkback (recheck_at) WHERE recheck_at IS NOT NULL;
CREATE INDEX linkback_by_moderation ON linkback (moderation, id);
CREATE INDEX linkback_by_site ON linkback (site, moderation, id);
CREATE INDEX linkback_by_host ON linkback (source_host, site, moderation);

-- Every pair of pages under which a linkback was announced: redirects and rel=canonical make several of them one.
CREATE TABLE pair (
  pair_key TEXT PRIMARY KEY,
  linkback_id TEXT NOT NULL REFERENCES linkback (id) ON DELETE CASCADE
);

CREATE INDEX pair_by_linkback ON pair (linkback_id);

-- One row for each dialect and pair by which a linkback was announced, in the sender's own spelling.
CREATE TABLE announcement (
  linkback_id TEXT NOT NULL REFERENCES linkback (id) ON DELETE CASCADE,
  pair_key TEXT NOT NULL,
  dialect TEXT NOT NULL CHECK (dialect IN ('pingback', 'trackback', 'webmention')),
  source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 8192),
  target TEXT NOT NULL CHECK (length(target) BETWEEN 1 AND 8192),
  -- Unguessable, and never the linkback's own id.
  status_id TEXT NOT NULL UNIQUE CHECK (length(status_id) BETWEEN 16 AND 64),
  held INTEGER NOT NULL CHECK (held IN (0, 1)),
  -- What a TrackBack says of its page.
  claims TEXT,
  -- The page that a webmention says vouches for its source.
  vouch TEXT CHECK (length(vouch) <= 8192),
  sender_ip TEXT CHECK (length(sender_ip) <= 64),
  first_at BIGINT NOT NULL CHECK (first_at > 0),
  last_at BIGINT NOT NULL CHECK (last_at > 0),
  PRIMARY KEY (linkback_id, dialect, pair_key)
);

-- Numbers are taken here, in the transaction that uses them: of two that use one, the later has the greater number.
CREATE TABLE counter (
  name TEXT PRIMARY KEY CHECK (name IN ('publication')),
  value BIGINT NOT NULL CHECK (value >= 0)
);

INSERT INTO counter (name, value) VALUES ('publication', 0);

-- A linkback has become public: readers know it by its serial from then on, also when it is withdrawn and erased.
CREATE TABLE publication (
  serial BIGINT PRIMARY KEY CHECK (serial > 0),
  linkback_id TEXT UNIQUE REFERENCES linkback (id) ON DELETE SET NULL,
  public_at BIGINT NOT NULL CHECK (public_at > 0),
  withdrawn_at BIGINT CHECK (withdrawn_at > 0),
  -- Where it stood, for the list of what was withdrawn: our own page only, for whoever is erased is forgotten.
  site TEXT CHECK (length(site) BETWEEN 1 AND 64),
  target TEXT CHECK (length(target) BETWEEN 1 AND 8192),
  target_key TEXT,
  CHECK ((withdrawn_at IS NULL) = (site IS NULL)),
  CHECK ((withdrawn_at IS NULL) = (target IS NULL)),
  CHECK ((withdrawn_at IS NULL) = (target_key IS NULL)),
  CHECK (linkback_id IS NOT NULL OR withdrawn_at IS NOT NULL)
);

CREATE INDEX publication_withdrawn_by_target ON publication (target_key, withdrawn_at) WHERE withdrawn_at IS NOT NULL;
CREATE INDEX publication_withdrawn_by_site ON publication (site, withdrawn_at) WHERE withdrawn_at IS NOT NULL;

-- Promised work. A job that is done has no row; a dead one stays for the owner to see.
CREATE TABLE job (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  linkback_id TEXT NOT NULL UNIQUE REFERENCES linkback (id) ON DELETE CASCADE,
  host TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'dead')),
  due_at BIGINT NOT NULL CHECK (due_at > 0),
  -- A check asked for while the job is in hand: it runs again then instead of ending.
  again_at BIGINT CHECK (again_at > 0),
  token TEXT,
  lease_until BIGINT CHECK (lease_until > 0),
  unfinished INTEGER NOT NULL CHECK (unfinished >= 0),
  setbacks INTEGER NOT NULL CHECK (setbacks >= 0),
  looks INTEGER NOT NULL CHECK (looks >= 0),
  CHECK ((state = 'leased') = (token IS NOT NULL)),
  CHECK ((state = 'leased') = (lease_until IS NOT NULL)),
  CHECK (state = 'leased' OR again_at IS NULL)
);

CREATE INDEX job_due ON job (due_at) WHERE state <> 'dead';

-- Every move of either machine: who, when, from, to, why.
CREATE TABLE event (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  linkback_id TEXT NOT NULL REFERENCES linkback (id) ON DELETE CASCADE,
  at BIGINT NOT NULL CHECK (at > 0),
  machine TEXT NOT NULL CHECK (machine IN ('verification', 'moderation')),
  mover TEXT NOT NULL CHECK (mover IN ('look', 'policy', 'person')),
  mover_name TEXT,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  why TEXT NOT NULL,
  CHECK ((machine = 'verification' AND from_state IN ('unverified', 'verified', 'refused', 'gone')
      AND to_state IN ('verified', 'refused', 'gone'))
    OR (machine = 'moderation' AND from_state IN ('pending', 'approved', 'rejected', 'spam')
      AND to_state IN ('pending', 'approved', 'rejected', 'spam')))
);

CREATE INDEX event_by_linkback ON event (linkback_id, id);

-- Attempts that found no link, with their reasons: for the owner, never for senders.
CREATE TABLE attempt (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  linkback_id TEXT NOT NULL REFERENCES linkback (id) ON DELETE CASCADE,
  at BIGINT NOT NULL CHECK (at > 0),
  detail TEXT NOT NULL
);

CREATE INDEX attempt_by_linkback ON attempt (linkback_id, id);

-- What the last look at one of our own pages found.
CREATE TABLE target_look (
  target_key TEXT PRIMARY KEY,
  is_gone INTEGER NOT NULL CHECK (is_gone IN (0, 1)),
  -- The page under which its linkbacks are filed, when redirects or rel=canonical name another one.
  page TEXT,
  expires_at BIGINT NOT NULL CHECK (expires_at > 0)
);

CREATE TABLE token (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- SHA-256 in hex: the token itself is stored nowhere.
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
  created_at BIGINT NOT NULL CHECK (created_at > 0)
);

-- When the service last looked whether it can write: only a commit tells.
CREATE TABLE pulse (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at BIGINT NOT NULL CHECK (at > 0)
);
