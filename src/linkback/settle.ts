import { decide } from './decide.ts';
import type { LinkbackEvent, Mover } from './event.ts';
import { judge, type JudgeContext } from './judge.ts';
import type { Linkback, Verification } from './linkback.ts';
import { reasonSentences } from './refusal.ts';
import { scoreOf, type Signal } from './signal.ts';
import type { Filing, Found, NotFound, Outcome, Setback } from './verdict.ts';

const minute = 60_000;

/** After a first "no": how long until the one other look, for caches are stale. */
export const secondLookMs: number = 10 * minute;

/** A verified linkback whose link is not found is looked at again after each of these, and is then gone. */
export const goneLooksMs: readonly number[] = [60 * minute, 24 * 60 * minute];

/** So long a job waits for hosts that we may not ask now; then it uses up its tries, so that it ends some day. */
export const restPatienceMs: number = 7 * 24 * 60 * minute;

/** How often the job has been at it: `setbacks` in a row, and `looks` that ended in the same "no". */
export type Progress = { readonly setbacks: number; readonly looks: number };

/** What settling must know beside the linkback and the outcome. */
export type SettleContext = JudgeContext & {
  readonly now: number;
  readonly progress: Progress;
  /** When to try again after this many setbacks; undefined when the retries are used up. */
  readonly retryAt: (setbacks: number, setback: Setback) => number | undefined;
  /** When to look again at what was verified then, for pages change; absent where nothing is scheduled. */
  readonly recheckAt?: ((verifiedAt: number) => number | undefined) | undefined;
  /** Finds evidence for spam in what has been verified. */
  readonly weigh?: (linkback: Linkback) => readonly Signal[];
};

/** The linkback after an attempt, what happened to it, and when its job runs again; null when the job is done. */
export type Settlement = {
  readonly linkback: Linkback;
  readonly events: readonly LinkbackEvent[];
  readonly again: (Progress & { readonly at: number }) | null;
  /** Where to file it from now on; null to leave it where it is. */
  readonly filing: Filing | null;
  /** When a linkback that is verified, and has no job any more, is looked at again by itself. */
  readonly recheckAt: number | null;
  /** What the owner may read about an attempt that found no link. */
  readonly trouble: string | null;
};

/**
 * The second verb of a linkback's life: what an attempt found out becomes its new state.
 *
 * Pure. Temporary trouble never moves a verified or gone linkback, and nothing here touches an owner's decision.
 */
export function settle(linkback: Linkback, outcome: Outcome, context: SettleContext): Settlement {
  const moved = move(linkback, outcome, context);
  const trouble = outcome.kind === 'found' ? null : outcome.detail;
  const filing = outcome.kind === 'found' ? outcome.filing : null;
  return { ...moved, filing, trouble, recheckAt: nextRecheck(moved, context) };
}

type Moved = Omit<Settlement, 'filing' | 'trouble' | 'recheckAt'>;

function move(linkback: Linkback, outcome: Outcome, context: SettleContext): Moved {
  switch (outcome.kind) {
    case 'found':
      return settleFound(linkback, outcome, context);
    case 'not-found':
      return settleNotFound(linkback, outcome, context);
    case 'setback':
      return settleSetback(linkback, outcome, context);
    default:
      return outcome satisfies never;
  }
}

function nextRecheck({ linkback, again }: Moved, context: SettleContext): number | null {
  if (linkback.verification !== 'verified' || again !== null || linkback.verifiedAt === null) return null;
  return context.recheckAt?.(linkback.verifiedAt) ?? null;
}

function settleFound(before: Linkback, found: Found, context: SettleContext): Moved {
  const { now } = context;
  const changed = before.verification !== 'verified' || hasNewContent(before, found);
  const linkback: Linkback = {
    ...before,
    type: found.type,
    facts: found.facts,
    excerpt: found.excerpt,
    evidence: found.evidence,
    announcements: before.announcements.map((each) => ({ ...each, held: found.held.includes(each.dialect) })),
    verification: 'verified',
    refusal: null,
    checkedAt: now,
    verifiedAt: before.verifiedAt ?? now,
    updatedAt: changed ? now : before.updatedAt,
  };
  const signals = [...(context.weigh?.(linkback) ?? []), ...(found.opinions ?? [])];
  const weighed = { ...linkback, signals, score: scoreOf(signals) };
  const why =
    before.verification === 'verified' ? 'The source page has changed.' : 'The source links to the target.';
  const events = changed ? [verificationEvent(before, 'verified', why, now)] : [];
  const judged = isUndecided(before) ? judge(weighed, context) : undefined;
  if (judged === undefined) return { linkback: weighed, events, again: null };
  const decided = decide(weighed, judged.to, judged.by, judged.why, now);
  return { linkback: decided.linkback, events: [...events, ...decided.events], again: null };
}

/** Rules, signals and policy speak at the first verification only, and never after the owner. */
function isUndecided({ verifiedAt, moderation }: Linkback): boolean {
  return verifiedAt === null && moderation === 'pending';
}

function hasNewContent(before: Linkback, found: Found): boolean {
  const now = [found.type, found.facts, found.excerpt];
  return JSON.stringify(now) !== JSON.stringify([before.type, before.facts, before.excerpt]);
}

function settleNotFound(before: Linkback, verdict: NotFound, context: SettleContext): Moved {
  const isKnown = before.verification === 'verified' || before.verification === 'gone';
  if (isKnown && verdict.finding === 'unreachable') {
    return settleSetback(before, { kind: 'setback', detail: verdict.detail }, context);
  }
  if (before.verification === 'verified') return settleMissing(before, verdict, context);
  if (before.verification === 'gone') return { linkback: checked(before, context), events: [], again: null };
  return settleRefused(before, verdict, context);
}

/** A verified linkback whose link was not there: gone at once on 410, else after two more looks. */
function settleMissing(before: Linkback, verdict: NotFound, context: SettleContext): Moved {
  const { now, progress } = context;
  if (verdict.reason === 'target-gone' || verdict.reason === 'our-fault') {
    return { linkback: checked(before, context), events: [], again: null };
  }
  const wait = verdict.finding === 'gone' ? undefined : goneLooksMs[progress.looks];
  if (wait !== undefined) {
    const again = { at: now + wait, setbacks: 0, looks: progress.looks + 1 };
    return { linkback: checked(before, context), events: [], again };
  }
  const linkback: Linkback = { ...checked(before, context), verification: 'gone', updatedAt: now };
  return {
    linkback,
    events: [verificationEvent(before, 'gone', reasonSentences[verdict.reason], now)],
    again: null,
  };
}

/** A linkback that was never verified, or refused before: refused, and looked at once more after a first "no". */
function settleRefused(before: Linkback, verdict: NotFound, context: SettleContext): Moved {
  const { now, progress } = context;
  const moved = before.verification !== 'refused' || before.refusal !== verdict.reason;
  const linkback: Linkback = {
    ...checked(before, context),
    verification: 'refused',
    refusal: verdict.reason,
    updatedAt: moved ? now : before.updatedAt,
  };
  const events = moved ? [verificationEvent(before, 'refused', reasonSentences[verdict.reason], now)] : [];
  const isFirst = progress.looks === 0 && verdict.finding !== 'gone' && verdict.reason !== 'our-fault';
  return { linkback, events, again: isFirst ? { at: now + secondLookMs, setbacks: 0, looks: 1 } : null };
}

function settleSetback(before: Linkback, setback: Setback, context: SettleContext): Moved {
  const { now, progress } = context;
  if (setback.restMs !== undefined && now - before.receivedAt < restPatienceMs)
    return { linkback: before, events: [], again: { ...progress, at: now + setback.restMs } };
  const at = context.retryAt(progress.setbacks, setback);
  if (at !== undefined) {
    return {
      linkback: before,
      events: [],
      again: { at, setbacks: progress.setbacks + 1, looks: progress.looks },
    };
  }
  if (before.verification !== 'unverified') return { linkback: before, events: [], again: null };
  const linkback: Linkback = {
    ...checked(before, context),
    verification: 'refused',
    refusal: 'upstream',
    updatedAt: now,
  };
  return {
    linkback,
    events: [verificationEvent(before, 'refused', reasonSentences.upstream, now)],
    again: null,
  };
}

function checked(before: Linkback, context: SettleContext): Linkback {
  return { ...before, checkedAt: context.now };
}

const look: Mover = { kind: 'look' };

function verificationEvent(before: Linkback, to: Verification, why: string, at: number): LinkbackEvent {
  return { at, by: look, why, machine: 'verification', from: before.verification, to };
}
