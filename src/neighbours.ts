import type { Change, Changes } from './linkback/changes.ts';
import type { Told } from './queue/outcomes.ts';
import type { Wire } from './store/engine.ts';

/** What processes that share a database tell one another. */
type Message =
  | { readonly kind: 'change'; readonly change: Change }
  /** Many linkbacks were moved at once: who watches a list reads it again. */
  | { readonly kind: 'many' }
  | { readonly kind: 'told'; readonly told: Told }
  | { readonly kind: 'work' }
  | { readonly kind: 'calls' }
  | { readonly kind: 'directory' };

/** What is to be done when a neighbour says something. */
export type Heard = {
  readonly changes: Pick<Changes, 'tell' | 'tellMissed'>;
  readonly told: (told: Told) => void;
  /** There may be work. */
  readonly work: () => void;
  /** There may be calls to make. */
  readonly calls: () => void;
  /** Sites or rules have changed. */
  readonly directory: () => void;
};

/** The processes beside this one, as far as it can talk to them. */
export type Neighbours = {
  readonly tellChange: (change: Change) => void;
  readonly tellOutcome: (told: Told) => void;
  readonly tellWork: () => void;
  readonly tellCalls: () => void;
  readonly tellDirectory: () => void;
  /** Hears them from now on. */
  readonly hear: (heard: Heard) => Promise<void>;
};

/** How often they are told that many linkbacks move, in milliseconds. */
const manyEveryMs = 500;

/** Makes the line to the neighbours: what this process learns, and they have to know within a moment. */
export function makeNeighbours(wire: Wire | undefined): Neighbours {
  const say = (message: Message): void => wire?.say(JSON.stringify(message));
  let saidManyAt = -Infinity;
  return {
    tellChange: (change) => {
      if (wire === undefined) return;
      if (change.decision === undefined) say({ kind: 'change', change });
      else if (performance.now() - saidManyAt >= manyEveryMs) {
        saidManyAt = performance.now();
        say({ kind: 'many' });
        // The last of them come after what has been said.
        setTimeout(() => say({ kind: 'many' }), manyEveryMs).unref();
      }
    },
    tellOutcome: (told) => say({ kind: 'told', told }),
    tellWork: () => say({ kind: 'work' }),
    tellCalls: () => say({ kind: 'calls' }),
    tellDirectory: () => say({ kind: 'directory' }),
    hear: async (heard) => {
      const missed = (): void => {
        heard.changes.tellMissed();
        heard.directory();
        heard.work();
        heard.calls();
      };
      await wire?.hear((text) => {
        try {
          take(JSON.parse(text) as Message, heard);
        } catch {
          // Said by another version, in other words: what it was about has changed all the same.
          missed();
        }
      }, missed);
    },
  };
}

function take(message: Message, { changes, told, work, calls, directory }: Heard): void {
  switch (message.kind) {
    case 'change':
      changes.tell(message.change);
      break;
    case 'many':
      changes.tellMissed();
      break;
    case 'told':
      told(message.told);
      break;
    case 'work':
      work();
      break;
    case 'calls':
      calls();
      break;
    case 'directory':
      directory();
      break;
    default:
      // A newer version says more.
      message satisfies never;
  }
}
