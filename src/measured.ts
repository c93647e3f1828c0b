import type { TargetStore, TrustStore } from './linkback/ports.ts';
import type { Store } from './linkback/store.ts';
import { Damaged, Unavailable } from './linkback/unavailable.ts';
import type { Outcome } from './linkback/verdict.ts';
import {
  requestOutcomes,
  type Metrics,
  type RequestKind,
  type RequestOutcome,
  type Stage,
  type VerificationOutcome,
} from './metrics.ts';
import type { Engine } from './store/engine.ts';
import { askNobody, makeAskAkismet, type AkismetOptions, type AskOpinion } from './verify/akismet.ts';
import { makeLookAtTarget } from './verify/target.ts';
import { makeVerify, type Verify, type VerifyOptions } from './verify/verify.ts';
import { makeCheckVouch } from './verify/vouch.ts';
import type { FetchPage } from './web/fetch.ts';
import type { Guard } from './web/guard.ts';
import { makePost } from './web/post.ts';
import type { Reader } from './web/reader.ts';
import { makeTurns } from './web/turns.ts';

/** Takes the time of a stage, however it ends. */
export function measureStage<Asked extends readonly unknown[], Result>(
  metrics: Metrics,
  stage: Stage,
  work: (...asked: Asked) => Promise<Result>,
): (...asked: Asked) => Promise<Result> {
  return async (...asked) => {
    const since = performance.now();
    try {
      return await work(...asked);
    } finally {
      metrics.spent(stage, secondsSince(since));
    }
  };
}

/** What asking somebody came to, as far as it is counted. */
type Asking =
  | { readonly kind: 'answer'; readonly status: number }
  | { readonly kind: 'unreachable' | 'trouble' | 'later' };

/** Counts what is asked of others, by what came of it. */
export function measureRequests<Asked extends readonly unknown[], Result extends Asking>(
  metrics: Metrics,
  kind: RequestKind,
  ask: (...asked: Asked) => Promise<Result>,
): (...asked: Asked) => Promise<Result> {
  return async (...asked) => {
    let outcome: RequestOutcome = 'ended';
    try {
      const came = await ask(...asked);
      outcome = came.kind === 'answer' ? classOf(came.status) : came.kind;
      return came;
    } finally {
      metrics.asked(kind, outcome);
    }
  };
}

/** Anybody may answer with a status that there is not. */
function classOf(status: number): RequestOutcome {
  const named = `${Math.floor(status / 100)}xx`;
  return requestOutcomes.find((each) => each === named) ?? 'trouble';
}

export type MeasuredVerifyOptions = Pick<VerifyOptions, 'siteOf' | 'fetchPage' | 'now'> & {
  readonly store: TargetStore & TrustStore;
  readonly reader: Pick<Reader, 'read'>;
  /** Who is asked for an opinion; undefined for nobody. */
  readonly akismet: Pick<AkismetOptions, 'url' | 'key'> | undefined;
  readonly onAkismetTrouble: AkismetOptions['onTrouble'];
  readonly guard: Guard;
  readonly userAgent: () => string;
};

/** Makes the verification with its parts, each of which has its time taken. */
export function makeMeasuredVerify(metrics: Metrics, options: MeasuredVerifyOptions): Verify {
  const { store, siteOf, fetchPage, reader, now } = options;
  const fetchAs = (kind: RequestKind): FetchPage => measureRequests(metrics, kind, fetchPage);
  const lookAtTarget = makeLookAtTarget({ store, fetchPage: fetchAs('target'), reader, now });
  const checkVouch = makeCheckVouch({ store, fetchPage: fetchAs('vouch'), reader });
  const verify = makeVerify({
    siteOf,
    now,
    lookAtTarget: measureStage(metrics, 'look', lookAtTarget),
    fetchPage: measureStage(metrics, 'fetch', fetchAs('source')),
    reader: { read: measureStage(metrics, 'read', reader.read) },
    checkVouch: measureStage(metrics, 'vouch', checkVouch),
    askOpinion: makeAskOpinion(metrics, options),
  });
  return measureVerify(metrics, verify);
}

function makeAskOpinion(metrics: Metrics, options: MeasuredVerifyOptions): AskOpinion {
  const { akismet, onAkismetTrouble, guard, userAgent, now } = options;
  if (akismet === undefined) return askNobody;
  // Turns of its own: it is the owner's choice, and no stranger's page must hold it up.
  const post = makePost({ guard, turns: makeTurns({ isPolite: false, isOurs: () => true }), userAgent, now });
  const asking = { ...akismet, post: measureRequests(metrics, 'akismet', post), userAgent };
  return measureStage(metrics, 'ask', makeAskAkismet({ ...asking, onTrouble: onAkismetTrouble }));
}

/** Counts verifications by what came of them; one that is broken off came to nothing. */
function measureVerify(metrics: Metrics, verify: Verify): Verify {
  return async (linkback, signal) => {
    const since = performance.now();
    const outcome = await verify(linkback, signal);
    metrics.verified(nameOf(outcome), secondsSince(since));
    return outcome;
  };
}

function nameOf(outcome: Outcome): VerificationOutcome {
  return outcome.kind === 'not-found' ? outcome.reason : outcome.kind;
}

/** Takes the time of writes, and counts those that fail because the database cannot write. */
export function measureEngine(metrics: Metrics, engine: Engine): Engine {
  return {
    ...engine,
    write: async (unit) => {
      const since = performance.now();
      try {
        return await engine.write(unit);
      } catch (error) {
        if (error instanceof Unavailable)
          metrics.writeFailed(error instanceof Damaged ? 'damaged' : 'unavailable');
        throw error;
      } finally {
        metrics.wrote(secondsSince(since));
      }
    },
  };
}

/** Takes the time of settling, and counts work that another has taken meanwhile. */
export function measureWork(
  metrics: Metrics,
  store: Store,
): Pick<Store, 'finish' | 'park' | 'finishDelivery'> {
  const finish = measureStage(metrics, 'settle', store.finish);
  return {
    finish: async (...asked) => counted(await finish(...asked)),
    park: async (...asked) => counted(await store.park(...asked)),
    finishDelivery: async (lease, end) => {
      const isWritten = await store.finishDelivery(lease, end);
      if (!isWritten) metrics.leaseLost('webhook');
      const isGivenBack = 'isGivenBack' in end;
      if (isWritten && !isGivenBack) metrics.called(end.state);
      return isWritten;
    },
  };

  function counted<Settled>(settled: Settled | undefined): Settled | undefined {
    if (settled === undefined) metrics.leaseLost('verification');
    return settled;
  }
}

function secondsSince(since: number): number {
  return (performance.now() - since) / 1000;
}
