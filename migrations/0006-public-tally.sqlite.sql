-- How many linkbacks of a page are public, by type and by the answer of an RSVP ('' where there is none); under the key
-- '' all of a site. Kept up to date by whatever changes them, so that the linkbacks of a popular page need not be counted.
CREATE TABLE public_tally (
  target_key TEXT NOT NULL,
  site TEXT NOT NULL,
  type TEXT NOT NULL,
  rsvp TEXT NOT NULL,
  slot INTEGER NOT NULL CHECK (slot BETWEEN 0 AND 15),
  count BIGINT NOT NULL,
  PRIMARY KEY (target_key, site, type, rsvp, slot)
);

INSERT INTO public_tally (target_key, site, type, rsvp, slot, count)
  SELECT target_key, site, type, COALESCE(rsvp, ''), 0, COUNT(*) FROM linkback WHERE is_public = 1
  GROUP BY target_key, site, type, COALESCE(rsvp, '');

INSERT INTO public_tally (target_key, site, type, rsvp, slot, count)
  SELECT '', site, type, rsvp, 0, SUM(count) FROM public_tally GROUP BY site, type, rsvp;

-- Jobs in trouble are few, and are counted for each page of the inbox.
CREATE INDEX job_in_trouble ON job (linkback_id) WHERE state = 'dead' OR setbacks > 0;
