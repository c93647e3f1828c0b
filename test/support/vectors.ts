import { readFileSync } from 'node:fs';

const folder = new URL('../fixtures/vectors/', import.meta.url);

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
}

type Addresses = {
  readonly notPublic: readonly { readonly address: string; readonly why: string }[];
  readonly public: readonly string[];
};

/** Addresses that belong to no stranger's web server, and such as do. */
export const addressVectors = (): Addresses => read('addresses') as Addresses;

type HostileUrl = {
  readonly url: string;
  readonly verdict: 'refuse' | 'allow' | 'allow-if-ip-hosts-allowed';
  readonly why: string;
};

/** URLs as they arrive in a ping, and whether they may be fetched. */
export const hostileUrls = (): readonly HostileUrl[] =>
  (read('hostile-urls') as { readonly cases: readonly HostileUrl[] }).cases;

type LinkCase = {
  readonly id: string;
  readonly html: string;
  readonly source: string;
  readonly target: string;
  readonly pb: boolean;
  readonly wm: boolean;
  readonly why: string;
  readonly content_type?: string;
};

/** Pages, and whether they link to the target by the lenient (`pb`) and by the exact rule (`wm`). */
export const linkCases = (): readonly LinkCase[] =>
  (read('link-match') as { readonly cases: readonly LinkCase[] }).cases;

type Encodings = {
  readonly decode: readonly { readonly label: string; readonly bytes: string; readonly expect: string }[];
};

/** Bytes under a label, and the text they mean. */
export const encodingVectors = (): Encodings => read('encodings') as Encodings;
