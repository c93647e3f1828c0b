import type { PageFacts } from '../linkback/linkback.ts';
import { hostOf, isExactly, lenientForm, parsePageUrl, type Addresses } from '../linkback/page-url.ts';
import { decodePage } from './charset.ts';
import { gatherFacts, readHead, webAddress } from './facts.ts';
import { mayHaveMicroformats, readMicroformats, type Microformats } from './microformats.ts';
import { cutGraphemes, plainText } from './plain-text.ts';
import type { FoundLink } from './page-links.ts';
import { scanHtml } from './scan.ts';
import { readText } from './text.ts';

/** A page to read, and the page whose links are wanted: plain data, for it crosses to a worker thread. */
export type ReadingTask = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isCut: boolean;
  readonly contentType: string;
  /** Where the page was found, after redirects. */
  readonly url: string;
  readonly target: string;
  /** Other addresses of the target, from which redirects or `rel=canonical` lead to it. */
  readonly otherTargets?: readonly string[];
  /** Spellings of the target to which a link must lead exactly: reading goes on until each has one. */
  readonly exactTargets?: readonly string[];
  /** Take any page of this host for the target. */
  readonly targetHost?: string;
  /** The target's site and its aliases, the site's own address first. */
  readonly addresses: readonly string[];
};

/** What a page says: its links to the target in document order, and itself. */
export type Reading = {
  readonly links: readonly FoundLink[];
  readonly facts: PageFacts;
  /** How many links to other hosts there are in what was read. */
  readonly outboundLinks: number;
  /** Whether the page has a title of its own; else its host's name stands for one. */
  readonly isTitled: boolean;
  readonly encoding: string;
  readonly isTooComplex: boolean;
  /** The address the page gives itself. */
  readonly canonical: string | null;
  /** Whether the page is worth reading for its microformats. */
  readonly hasMicroformats: boolean;
};

/** Reads a page of any content type that we fetch. */
export function readDocument(task: ReadingTask): Reading {
  const url = new URL(task.url);
  const { text, encoding } = decodePage(task.bytes, task.contentType, task.isCut);
  const isWanted = leadsToTarget(task);
  if (!/^(?:text\/html|application\/xhtml\+xml)/iu.test(task.contentType)) {
    const read = readText(text, /json/iu.test(task.contentType), isWanted);
    const title = cutGraphemes(plainText(read.title || url.hostname).trim(), 200);
    return {
      links: read.links,
      facts: { ...unknown, title },
      outboundLinks: read.links.length,
      isTitled: read.title !== '',
      encoding,
      isTooComplex: false,
      canonical: null,
      hasMicroformats: false,
    };
  }
  const scan = scanHtml(text, { url, isWanted, isEnough: settles(task) });
  const head = readHead(scan.head);
  const facts = gatherFacts(scan, url, head);
  const isTitled = facts.title !== url.hostname;
  return {
    links: scan.links,
    facts,
    outboundLinks: scan.outboundLinks,
    isTitled,
    encoding,
    isTooComplex: scan.stopped === 'too-complex',
    canonical: webAddress(head.canonical, url),
    hasMicroformats: scan.links.length > 0 && mayHaveMicroformats(text),
  };
}

/** Reads a page's microformats: a step of its own, for it takes a whole tree. */
export function readDocumentMicroformats(task: ReadingTask): Microformats | undefined {
  const { text } = decodePage(task.bytes, task.contentType, task.isCut);
  return readMicroformats(text, new URL(task.url), leadsToTarget(task));
}

/** Tells when a link in the content settles the question: then no link that follows can change the answer. */
function settles({ exactTargets = [], targetHost }: ReadingTask): (link: FoundLink) => boolean {
  const missing = new Set(exactTargets);
  return (link) => {
    for (const each of missing) if (isExactly(new URL(link.href), new URL(each))) missing.delete(each);
    const isPlain = link.element === 'a' && link.inContent && !link.isHidden;
    return missing.size === 0 && isPlain && targetHost === undefined;
  };
}

const unknown = { author: { name: null, url: null, photo: null }, publishedAt: null, language: null };

/** The lenient rule as a question; what leads there exactly does so leniently, too. */
function leadsToTarget(task: ReadingTask): (href: URL) => boolean {
  const { targetHost } = task;
  if (targetHost !== undefined) return (href) => hostOf(href) === targetHost;
  const addresses = addressesOf(task);
  const targets = [task.target, ...(task.otherTargets ?? [])].map((target) => new URL(target));
  const wanted = new Set(targets.map((target) => lenientForm(target, addresses)));
  const hosts = new Set([...targets, ...addresses].map((url) => url.hostname));
  return (href) =>
    hosts.has(href.hostname) &&
    parsePageUrl(href.href) !== undefined &&
    wanted.has(lenientForm(href, addresses));
}

function addressesOf(task: ReadingTask): Addresses {
  const [own, ...aliases] = task.addresses.map((address) => new URL(address));
  if (own === undefined) throw new Error('a reading task without the address of its site');
  return [own, ...aliases];
}
