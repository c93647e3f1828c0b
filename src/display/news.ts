import { setImmediate } from 'node:timers/promises';
import type { Change, Changes } from '../linkback/changes.ts';
import { isPublic, type Linkback } from '../linkback/linkback.ts';
import { safeJson } from './conditional.ts';
import { keyOfPage } from './page-key.ts';
import { toPublic } from './public-linkback.ts';
import { markOf, type ReadOptions, type Scope } from './public-query.ts';

export type NewsOptions = Pick<ReadOptions, 'sites'> & {
  readonly store: Pick<ReadOptions['store'], 'targetLook'>;
  readonly listen: Changes['listen'];
  /** Tells the events of this run of the service from those of an earlier one. */
  readonly run: string;
  readonly onError: (error: unknown) => void;
};

/** What happens to public linkbacks, in the form of server-sent events. */
export type News = {
  /** The name of the last event; whoever reads a list after asking for it knows all that happened until then. */
  readonly latest: () => string;
  /** Tells what happens to the linkbacks of a page or a site, from an event on when one is named, until it is called off. */
  readonly follow: (scope: Scope, since: string, send: (text: string) => void) => () => void;
  readonly stop: () => void;
};

/** Events kept for readers who were away for a moment. */
const maxKept = 200;

const missed = 'event: missed\ndata: {}\n\n';

/** A linkback as the public saw it, and where. */
type Seen = { readonly site: string; readonly key: string; readonly json: string };
type Item = { readonly serial: number; readonly id: string; readonly was?: Seen; readonly is?: Seen };

/**
 * Listens to what is committed, and tells those who follow what the public sees of it.
 *
 * Limits: the last 200 events are kept, while anybody follows; of more than 200 at once there is only `missed`.
 */
export function makeNews(options: NewsOptions): News {
  const readers = new Set<{ readonly send: (text: string) => void; readonly scope: Scope }>();
  let kept: Item[] = [];
  let serial = 0;
  const nameOf = (at: number): string => `${options.run}-${at}`;

  const tell = async ({ before, after }: Change): Promise<void> => {
    const [was, is] = [await seen(before, options), await seen(after, options)];
    if (was !== undefined && is !== undefined && sameToAll(was, is)) return;
    const id = after?.id ?? before?.id ?? '';
    serial += 1;
    const item = { serial, id, ...(was === undefined ? {} : { was }), ...(is === undefined ? {} : { is }) };
    kept = [...kept.slice(1 - maxKept), item];
    for (const { send, scope } of readers) send(eventFor(scope, item, nameOf));
  };
  /** Says that too much has happened to tell it one by one, or that nobody was there to be told. */
  const tellOfMuch = (): void => {
    serial += 1;
    kept = [];
    for (const { send } of readers) send(`id: ${nameOf(serial)}\n${missed}`);
  };
  const untold = makeQueue(tell, tellOfMuch, options.onError);
  const stop = options.listen({
    onChange: (change) => {
      if (!isSeen(change.before) && !isSeen(change.after)) return;
      if (readers.size === 0) tellOfMuch();
      else untold(change);
    },
    onMissed: tellOfMuch,
  });

  /** What a reader has missed since an event. */
  const missedSince = (name: string, scope: Scope): string => {
    if (name === '' || name === nameOf(serial)) return '';
    const at = kept.findIndex((item) => nameOf(item.serial - 1) === name);
    if (at < 0) return missed;
    return kept
      .slice(at)
      .map((item) => eventFor(scope, item, nameOf))
      .join('');
  };

  return {
    latest: () => nameOf(serial),
    follow: (scope, since, send) => {
      const reader = { send, scope };
      readers.add(reader);
      send(`${missedSince(since, scope)}id: ${nameOf(serial)}\n\n`);
      return () => readers.delete(reader);
    },
    stop,
  };
}

/**
 * Makes a queue of changes that are told one after the other, what happened first at first.
 *
 * A decision may move thousands at once. Others get their turn between each two; of more than can be kept, `tooMany`.
 */
function makeQueue(
  tell: (change: Change) => Promise<void>,
  tooMany: () => void,
  onError: (error: unknown) => void,
): (change: Change) => void {
  let waiting: Change[] = [];
  let isTelling = false;
  const tellAll = async (): Promise<void> => {
    isTelling = true;
    for (let change = waiting.shift(); change !== undefined; change = waiting.shift()) {
      await tell(change).catch(onError);
      await setImmediate();
      if (waiting.length <= maxKept) continue;
      waiting = [];
      tooMany();
    }
    isTelling = false;
  };
  return (change) => {
    // One more than is kept says already that it is too many.
    if (waiting.length <= maxKept) waiting.push(change);
    if (!isTelling) void tellAll();
  };
}

function isSeen(linkback: Linkback | null): linkback is Linkback {
  return linkback !== null && isPublic(linkback);
}

async function seen(linkback: Linkback | null, options: NewsOptions): Promise<Seen | undefined> {
  if (!isSeen(linkback)) return undefined;
  const site = options.sites().find(({ slug }) => slug === linkback.site);
  const key = site === undefined ? '' : await keyOfPage(options.store, site, new URL(linkback.target));
  return { site: linkback.site, key, json: safeJson(toPublic(linkback, markOf(options, linkback.site))) };
}

/** A look that found nothing new is no news. */
function sameToAll(was: Seen, is: Seen): boolean {
  const lasting = ({ json }: Seen): string => json.replace(/"updatedAt":"[^"]*"/u, '');
  return was.site === is.site && was.key === is.key && lasting(was) === lasting(is);
}

/** The event that a change is to those who watch a page or a site; nothing when it is none of theirs. */
function eventFor(scope: Scope, { serial, id, was, is }: Item, nameOf: (at: number) => string): string {
  const wasThere = was !== undefined && isIn(was, scope);
  if (is !== undefined && isIn(is, scope))
    return `id: ${nameOf(serial)}\nevent: ${wasThere ? 'updated' : 'approved'}\ndata: ${is.json}\n\n`;
  return wasThere ? `id: ${nameOf(serial)}\nevent: removed\ndata: ${safeJson({ id })}\n\n` : '';
}

function isIn(seen: Seen, { targetKey = seen.key, site = seen.site }: Scope): boolean {
  return seen.key === targetKey && seen.site === site;
}
