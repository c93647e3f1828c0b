import { readRows } from './database.ts';

export type Stored = { readonly id: string; readonly verification: string; readonly moderation: string };
export type Move = {
  readonly linkback_id: string;
  readonly machine: 'verification' | 'moderation';
  readonly from_state: string;
  readonly to_state: string;
};

/** What must never be found on either engine, each with the statement that would find it. */
export const neverFound: Readonly<Record<string, string>> = {
  'a pair stored twice': 'SELECT min(id) AS id FROM linkback GROUP BY source, target HAVING count(*) > 1',
  'an unverified linkback that nobody will look at':
    "SELECT id FROM linkback WHERE verification = 'unverified' AND id NOT IN (SELECT linkback_id FROM job WHERE state <> 'dead')",
  'a linkback that nobody announced':
    'SELECT id FROM linkback WHERE id NOT IN (SELECT linkback_id FROM announcement)',
  'a linkback that its first dialect did not announce':
    'SELECT id FROM linkback WHERE NOT EXISTS (SELECT 1 FROM announcement WHERE linkback_id = id AND dialect = protocol)',
  'a verified linkback for which no rule held':
    "SELECT id FROM linkback WHERE verification = 'verified' AND id NOT IN (SELECT linkback_id FROM announcement WHERE held = 1)",
  'one shown that may not be':
    "SELECT id FROM linkback WHERE (is_public = 1) <> (verification = 'verified' AND moderation = 'approved')",
  'a dead job of a linkback that is not settled':
    "SELECT linkback_id AS id FROM job JOIN linkback ON linkback.id = linkback_id WHERE state = 'dead' AND verification = 'unverified'",
  'a look promised for what is not verified':
    "SELECT id FROM linkback WHERE recheck_at IS NOT NULL AND verification <> 'verified'",
};

const neverFoundOnSqlite: Readonly<Record<string, string>> = {
  'a row that belongs to none': 'SELECT "table" AS id FROM pragma_foreign_key_check',
  'a job whose lease ran out, and that nobody took up':
    "SELECT linkback_id AS id FROM job WHERE state = 'leased' AND lease_until < unixepoch('subsec') * 1000 - 5000",
};

/** What is kept beside the linkbacks so that nobody has to count or look for it: it never says anything else than they do. */
export const neverFoundBeside: Readonly<Record<string, string>> = {
  'a tally that is not the count': `SELECT site || ' ' || moderation || ' ' || verification AS id FROM (
      SELECT site, moderation, verification, count AS many FROM tally
      UNION ALL SELECT site, moderation, verification, -1 FROM linkback) AS each_one
    GROUP BY site, moderation, verification HAVING sum(many) <> 0`,
  'a page whose public linkbacks are miscounted': `SELECT target_key || ' ' || site || ' ' || type || ' ' || rsvp AS id FROM (
      SELECT target_key, site, type, rsvp, count AS many FROM public_tally
      UNION ALL SELECT target_key, site, type, COALESCE(rsvp, ''), -1 FROM linkback WHERE is_public = 1
      UNION ALL SELECT '', site, type, COALESCE(rsvp, ''), -1 FROM linkback WHERE is_public = 1) AS each_one
    GROUP BY target_key, site, type, rsvp HAVING sum(many) <> 0`,
  'a host whose approved linkbacks are miscounted': `SELECT site || ' ' || host AS id FROM (
      SELECT site, host, approved AS many FROM approved_host
      UNION ALL SELECT site, source_host, -1 FROM linkback WHERE moderation = 'approved') AS each_one
    GROUP BY site, host HAVING sum(many) <> 0`,
  'one whose host is not found': "SELECT id FROM linkback WHERE host_key = ''",
  'a host remembered for nothing': 'SELECT host AS id FROM approved_host WHERE approved <= 0',
  'one public without a number': `SELECT id FROM linkback WHERE is_public = 1 AND NOT EXISTS (
      SELECT 1 FROM publication WHERE linkback_id = linkback.id AND withdrawn_at IS NULL)`,
  'one not public that is not withdrawn': `SELECT linkback.id AS id FROM publication
    JOIN linkback ON linkback.id = linkback_id WHERE is_public = 0 AND withdrawn_at IS NULL`,
  'a number that was not taken': `SELECT serial AS id FROM publication
    WHERE serial > (SELECT value FROM counter WHERE name = 'publication')`,
  'one that does not stand where its decision put it': `SELECT linkback.id AS id FROM linkback
    JOIN decision ON decision.id = decision_id
    WHERE linkback.moderation <> decision.moderation OR undone_at IS NOT NULL OR decided_by <> 'person'
      OR NOT EXISTS (SELECT 1 FROM decision_member AS member
        WHERE member.decision_id = decision.id AND member.linkback_id = linkback.id)`,
};

/**
 * Looks through the database of a service, running or not, for what must never be there, and tells each thing found
 * in one line; none is what a test hopes for.
 */
export function findViolations(folder: string): string[] {
  const [soundness] = readRows<{ integrity_check: string }>(folder, 'PRAGMA integrity_check');
  const found = soundness?.integrity_check === 'ok' ? [] : [`damage: ${soundness?.integrity_check ?? '?'}`];
  const all = { ...neverFoundOnSqlite, ...neverFound, ...neverFoundBeside };
  for (const [what, statement] of Object.entries(all)) {
    for (const { id } of readRows<{ id: string }>(folder, statement)) found.push(`${what}: ${id}`);
  }
  const moves = readRows<Move>(folder, histories.moves);
  return [...found, ...brokenHistories(moves, readRows<Stored>(folder, histories.stored))];
}

/** What {@link brokenHistories} looks at. */
export const histories = {
  moves: 'SELECT * FROM event ORDER BY id',
  stored: 'SELECT id, verification, moderation FROM linkback',
} as const;

/** Each machine begins at its start, goes on from where it was, and ends in the state that is stored. */
export function brokenHistories(moves: readonly Move[], linkbacks: readonly Stored[]): string[] {
  const states = new Map<string, string>();
  const broken: string[] = [];
  for (const { linkback_id: id, machine, from_state: from, to_state: to } of moves) {
    const before = states.get(`${machine} ${id}`) ?? beginnings[machine];
    if (from !== before) broken.push(`a ${machine} that jumps from ${before} to ${from}: ${id}`);
    states.set(`${machine} ${id}`, to);
  }
  for (const stored of linkbacks) {
    for (const machine of ['verification', 'moderation'] as const) {
      const told = states.get(`${machine} ${stored.id}`) ?? beginnings[machine];
      if (told !== stored[machine])
        broken.push(`${stored[machine]} where events tell of ${told}: ${stored.id}`);
    }
  }
  return broken;
}

const beginnings = { verification: 'unverified', moderation: 'pending' } as const;
