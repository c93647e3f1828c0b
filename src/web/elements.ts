/** What kinds of HTML elements mean to somebody who reads a page for its text and links. */

const set = (names: string): ReadonlySet<string> => new Set(names.split(' '));

/** Elements whose edges separate paragraphs. */
export const blocks: ReadonlySet<string> = set(
  'address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure ' +
    'footer form h1 h2 h3 h4 h5 h6 header hgroup html legend li listing main menu nav ol p pre search section ' +
    'summary table tbody td tfoot th thead tr ul',
);

/** Void elements that separate words without ending the paragraph; `wbr` does not, it stands within one. */
export const breaks: ReadonlySet<string> = set('br hr');

/** Parts of a page that are not its content; an ARIA role can say the same of any element. */
export const surroundings: ReadonlySet<string> = set('nav header footer aside');
export const surroundingRoles: ReadonlySet<string> = set('navigation banner contentinfo complementary');

/** Elements whose content is no text of the page, and whose links nobody can follow. */
export const opaque: ReadonlySet<string> = set(
  'template script style title textarea xmp iframe noembed noframes plaintext select',
);

/** Elements that may stand in a head; anything else ends it. */
export const headOnly: ReadonlySet<string> = set(
  'html head title base link meta style script noscript template',
);

/** What a link may be, and the attributes that hold its address. */
export const linkAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href', 'xlink:href'],
  area: ['href'],
  img: ['src'],
  video: ['src'],
  audio: ['src'],
  source: ['src'],
};
