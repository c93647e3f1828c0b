/** The longest URL we take, in characters. */
export const maxUrlLength = 2048;

/** A parsed URL may be longer: what is not ASCII is percent-encoded. */
const maxHrefLength = 8192;
const maxHostLength = 253;

/**
 * Reads an absolute http(s) URL as a stranger wrote it, or gives undefined.
 *
 * Strings on which URL parsers disagree (blanks, control characters, backslashes, missing slashes) are not URLs to
 * us: what one program checks and another fetches must be the same thing.
 *
 * Limits: {@link maxUrlLength} characters.
 */
export function parsePageUrl(text: string): URL | undefined {
  if (text.length > maxUrlLength || !/^https?:\/\/[^/]/iu.test(text)) return undefined;
  // eslint-disable-next-line no-control-regex -- control characters are what this refuses
  if (/[\u0000-\u0020\u007f-\u00a0\\]/u.test(text)) return undefined;
  const url = URL.parse(text);
  if (url?.username !== '' || url.password !== '') return undefined;
  return url.hostname.length <= maxHostLength && url.href.length <= maxHrefLength ? url : undefined;
}

/** An address and the addresses that mean the same: the first one is the site's own, the rest are its aliases. */
export type Addresses = readonly [URL, ...URL[]];

/**
 * Gives the spelling of a URL by which the lenient link rule compares pages.
 *
 * It drops what does not make another page: the fragment, http against https on default ports, one trailing slash
 * of a non-root path, percent-encoding of unreserved characters, and the site's aliases. Host, other ports, path case,
 * query and user info all count.
 *
 * Spec: Pingback 1.0 section 3 leaves the comparison open; docs/architecture.md tells this rule.
 */
export function lenientForm(url: URL, addresses?: Addresses): string {
  const place = placeOf(url);
  if (addresses === undefined) return spell(place);
  const [own, ...aliases] = addresses.map(placeOf);
  for (const alias of aliases) {
    const below = pathBelow(place, alias);
    if (below !== undefined && own !== undefined)
      return spell({ ...place, host: own.host, path: own.path + below });
  }
  return spell(place);
}

/**
 * Gives the spelling of a URL by which the exact link rule compares pages: as parsed, percent-encodings in upper case.
 *
 * Spec: Webmention 3.2.2.
 */
export function exactForm(url: URL): string {
  return upperCaseEscapes(url.href);
}

/** Whether a candidate link is exactly the target; without a fragment in the target, the candidate's is ignored. */
export function isExactly(candidate: URL, target: URL): boolean {
  if (target.hash !== '') return exactForm(candidate) === exactForm(target);
  return exactForm(withoutFragment(candidate)) === exactForm(withoutFragment(target));
}

/** Whether a page lies at or below an address, by the lenient rule. */
export function liesUnder(url: URL, address: URL): boolean {
  return pathBelow(placeOf(url), placeOf(address)) !== undefined;
}

/** The host by which a source is known: lower case, without a leading `www.` and without port. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/\.$/u, '').replace(/^www\./u, '');
}

/** Whether a host is the given one or below it: `a.b.example` is within `b.example`. */
export function isWithinHost(host: string, parent: string): boolean {
  return host === parent || host.endsWith(`.${parent}`);
}

export function withoutFragment(url: URL): URL {
  const bare = new URL(url);
  bare.hash = '';
  return bare;
}

/** A URL without what makes no other page; the path has no trailing slash, so the root's is empty. */
type Place = { readonly host: string; readonly path: string; readonly search: string };

function placeOf(url: URL): Place {
  const scheme = url.port === '' ? '' : url.protocol;
  const user = url.username === '' && url.password === '' ? '' : `${url.username}:${url.password}@`;
  const port = url.port === '' ? '' : `:${url.port}`;
  return {
    host: `${scheme}//${user}${url.hostname.replace(/\.$/u, '')}${port}`,
    path: plainEscapes(url.pathname).replace(/\/$/u, ''),
    search: plainEscapes(url.search),
  };
}

function spell(place: Place): string {
  return `${place.host}${place.path === '' ? '/' : place.path}${place.search}`;
}

/** The rest of the path when `place` lies at or below `address`: `/blog/a` is below `/blog`, `/blogs` is not. */
function pathBelow(place: Place, address: Place): string | undefined {
  if (place.host !== address.host || !place.path.startsWith(address.path)) return undefined;
  const below = place.path.slice(address.path.length);
  return below === '' || below.startsWith('/') ? below : undefined;
}

function upperCaseEscapes(text: string): string {
  return text.replace(/%[0-9a-f]{2}/giu, (escape) => escape.toUpperCase());
}

/** Decodes the escapes of unreserved characters (RFC 3986 2.3), upper-cases the rest. */
function plainEscapes(text: string): string {
  return text.replace(/%[0-9a-f]{2}/giu, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9\-._~]/u.test(character) ? character : escape.toUpperCase();
  });
}
