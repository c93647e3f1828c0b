import type { Linkback } from '../linkback/linkback.ts';
import type { Signal, SignalName } from '../linkback/signal.ts';
import type { Surroundings, Weigh } from '../linkback/surroundings.ts';
import type { Classifier } from './classifier.ts';
import { templatePhrase } from './phrases.ts';

/** From how many links to other hosts a page looks like a list that somebody sells, and like nothing else. */
const manyLinks = { some: 100, most: 300 } as const;
/** From how many linkbacks of a host within an hour they come in a burst. */
const burst = { small: 10, large: 30 } as const;
/** From how many other pages about which the same words are said they are a template. */
const sameText = { few: 1, many: 3 } as const;

/**
 * Makes the search for evidence in what has been verified: what the page shows, what is stored around it, and what the
 * owner marked before.
 *
 * Each signal says its points and why, and nothing else decides: a site's thresholds make of their sum what they like.
 */
export function makeWeigh(classifier: Pick<Classifier, 'opinionOf'>): Weigh {
  return (linkback, surroundings) => {
    const signals = [
      ...ofPage(linkback),
      ...ofWords(linkback, surroundings),
      ...ofHost(linkback, surroundings),
      classifier.opinionOf(linkback),
    ];
    return signals.filter((each) => each !== undefined);
  };
}

type Maybe = Signal | undefined;

/** Where the link stands, and among how many. */
function ofPage({ evidence }: Linkback): readonly Maybe[] {
  if (evidence === null) return [];
  const { isHidden = false, inContent, outboundLinks = 0 } = evidence;
  const { some, most } = manyLinks;
  return [
    isHidden ? signal('hidden-link', 6, 'The page hides the link from its readers.') : undefined,
    inContent
      ? undefined
      : signal(
          'outside-content',
          2,
          'The link stands outside of what the page is about: in its header, footer or menus.',
        ),
    outboundLinks < some
      ? undefined
      : signal(
          'many-links',
          outboundLinks < most ? 2 : 4,
          `The page links to other hosts ${outboundLinks} times or more.`,
        ),
  ];
}

function ofWords(linkback: Linkback, { sameTextTargets }: Surroundings): readonly Maybe[] {
  const { few, many } = sameText;
  const phrase = templatePhrase(linkback);
  const claimed = mismatchedTitle(linkback);
  return [
    sameTextTargets < few
      ? undefined
      : signal(
          'same-text',
          sameTextTargets < many ? 2 : 5,
          `The same words are said of ${sameTextTargets} other ${sameTextTargets === 1 ? 'page' : 'pages'}.`,
        ),
    phrase === undefined
      ? undefined
      : signal('template-phrase', 3, `It says “${phrase}”, as sent by the thousand.`),
    claimed === undefined
      ? undefined
      : signal('title-mismatch', 2, `It was announced as “${claimed}”, which is not the page's title.`),
  ];
}

function ofHost({ sourceHost }: Linkback, { hostFirstSeenAt, hostLastHour }: Surroundings): readonly Maybe[] {
  const { small, large } = burst;
  return [
    hostFirstSeenAt === null ? signal('new-host', 1, `Nothing came from ${sourceHost} before.`) : undefined,
    hostLastHour < small
      ? undefined
      : signal(
          'burst',
          hostLastHour < large ? 2 : 4,
          `${hostLastHour} more came from ${sourceHost} within an hour.`,
        ),
  ];
}

/** The title that a sender claims, when the page's own has nothing of it. */
function mismatchedTitle({ announcements, facts }: Linkback): string | undefined {
  const claimed = announcements.find(({ claims }) => (claims?.title ?? '') !== '')?.claims?.title ?? '';
  const [one, other] = [plain(claimed), plain(facts?.title ?? '')];
  if (one === '' || other === '' || one.includes(other) || other.includes(one)) return undefined;
  const words = new Set(other.split(' '));
  return one.split(' ').some((word) => word.length > 3 && words.has(word)) ? undefined : claimed;
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function signal(name: SignalName, weight: number, sentence: string): Signal {
  return { name, weight, sentence };
}
