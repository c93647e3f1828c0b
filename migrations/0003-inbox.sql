-- What the owner's inbox stands on: every list of it is answered from an index, and every decision can be taken back.

-- The source's host, written backwards and ended by a dot: a host and all hosts below it are one range.
ALTER TABLE linkback ADD COLUMN host_key TEXT NOT NULL DEFAULT '';

UPDATE linkback SET host_key = (
  WITH RECURSIVE turned (rest, made) AS (
    SELECT source_host, ''
    UNION ALL
    SELECT substr(rest, 2), substr(rest, 1, 1) || made FROM turned WHERE rest <> ''
  )
  SELECT made || '.' FROM turned WHERE rest = ''
);

-- The decision that put it where it stands; null once anything else has moved it.
ALTER TABLE linkback ADD COLUMN decision_id TEXT REFERENCES decision (id);

-- How many linkbacks a decision moved, also those that are erased since.
ALTER TABLE decision ADD COLUMN moved BIGINT NOT NULL DEFAULT 0 CHECK (moved >= 0);

-- Who had decided before the decision, for that comes back with it.
ALTER TABLE decision_member ADD COLUMN from_decider TEXT
  CHECK (from_decider IN ('policy', 'person', 'rule', 'signals'));

-- Each holds all that a list is filtered by, so that none of them looks at rows that it does not show.
DROP INDEX linkback_by_moderation;
DROP INDEX linkback_by_site;
DROP INDEX linkback_by_verification;
CREATE INDEX linkback_by_moderation ON linkback (moderation, id, site, verification, type, received_at);
CREATE INDEX linkback_in_order ON linkback (id, site, moderation, verification, type, received_at);
CREATE INDEX linkback_by_host_key ON linkback (host_key, id);

-- By host first: a site has too many linkbacks for an index that begins with it to be of use to any list.
DROP INDEX linkback_by_host_time;
CREATE INDEX linkback_by_host_time ON linkback (source_host, site, received_at);

-- How many linkbacks of a host are approved on a site, kept up to date by whatever moves one; a host without any has
-- no row. An index of all linkbacks by host would be asked for this only, and a bulk decision would change all of it.
CREATE TABLE approved_host (
  site TEXT NOT NULL,
  host TEXT NOT NULL,
  approved BIGINT NOT NULL,
  PRIMARY KEY (host, site)
);

INSERT INTO approved_host (site, host, approved)
  SELECT site, source_host, COUNT(*) FROM linkback WHERE moderation = 'approved' GROUP BY site, source_host;

DROP INDEX linkback_by_host;
