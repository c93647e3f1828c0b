import type { Detail, Evidence, Job, Thresholds } from '../state/shapes.ts';
import { count } from './states.ts';

/** What was found on the source page, in sentences. */
export function evidenceSentences({ source }: Detail, evidence: Evidence): readonly string[] {
  return [
    ruleSentence(evidence),
    placeSentence(evidence),
    ...(evidence.isHidden === true ? ['The page does not show this link to its readers.'] : []),
    relSentence(evidence.rel),
    linksSentence(evidence),
    ...(evidence.finalUrl === source.url ? [] : [`The page was read at ${evidence.finalUrl}.`]),
    ...(evidence.vouch === undefined ? [] : [vouchSentence(evidence.vouch)]),
  ];
}

function ruleSentence({ rule }: Evidence): string {
  return rule === 'exact'
    ? 'The link is your address to the letter.'
    : 'The link means your page, though it is spelled otherwise (lenient match).';
}

function placeSentence({ element, inContent }: Evidence): string {
  const what = elementWords[element] ?? `It is the element <${element}>`;
  return `${what}, ${inContent ? 'in the content of the page' : 'outside of the content: in the navigation, header, footer or an aside'}.`;
}

const elementWords: Readonly<Record<string, string>> = {
  a: 'It is an ordinary link <a>',
  area: 'It is an area of an image map <area>',
  link: 'It is a <link> in the head',
  img: 'It is an image <img>',
};

function relSentence(rel: readonly string[]): string {
  if (rel.length === 0) return 'It says nothing about how the pages are related (no rel).';
  return `It says rel="${rel.join(' ')}".`;
}

function linksSentence({ linksFound, outboundLinks }: Evidence): string {
  const ours = `The page has ${count(linksFound, 'link')} to yours`;
  if (outboundLinks === undefined) return `${ours}.`;
  return `${ours}, and ${count(outboundLinks, 'link')} to other hosts.`;
}

function vouchSentence({ url, holds, detail }: NonNullable<Evidence['vouch']>): string {
  return `${url} ${holds ? 'vouches for it' : 'does not vouch for it'}: ${detail}`;
}

/** What the points come to. */
export function scoreSentence(score: number, { holdAt, spamAt }: Thresholds): string {
  const limits = `From ${points(holdAt)} a linkback waits for you, from ${points(spamAt)} it is filed as spam.`;
  return `${points(score)} in sum. ${limits}`;
}

export function points(number: number): string {
  const rounded = Math.round(number * 10) / 10;
  return `${String(rounded).replace('-', '−')} ${Math.abs(rounded) === 1 ? 'point' : 'points'}`;
}

/** What the service is going to do with it next. */
export function jobSentence({ state, setbacks }: Job, due: string): string {
  switch (state) {
    case 'leased':
      return 'It is being checked at this moment.';
    case 'dead':
      return 'It is not tried any more by itself. “Check again” tries once more.';
    case 'waiting':
      return setbacks === 0
        ? `It is checked next ${due}.`
        : `There was trouble ${setbacks === 1 ? 'once' : `${setbacks} times`}; it is tried again ${due}.`;
  }
}
