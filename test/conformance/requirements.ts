/**
 * What the specifications ask of a receiver and of its pages, each in our own words: the rows of docs/conformance.md.
 *
 * A test proves a requirement by its number in brackets in the test's title, as in `[WR2] answers 201 …`. A requirement
 * without a test says why.
 */
export type Requirement = { readonly id: string; readonly asks: string; readonly without?: string };

const pages = 'the owner’s pages are served by the owner; `/setup` gives what to paste';

export const requirements: Readonly<Record<string, readonly Requirement[]>> = {
  'Pingback 1.0: the page': [
    { id: 'R1', asks: 'a header or an element names the server', without: pages },
    { id: 'R2', asks: 'the header has the server’s absolute address' },
    { id: 'R3', asks: 'one such header at most', without: pages },
    { id: 'R4', asks: 'the element may be there as well', without: pages },
    { id: 'R5', asks: 'header and element agree', without: pages },
    { id: 'R6', asks: 'the Link header is not used for it', without: pages },
    { id: 'R7', asks: 'the element has one of two byte forms' },
    { id: 'R8', asks: 'nothing else on the page looks like it', without: pages },
    { id: 'R9', asks: 'its address is absolute and needs four references at most' },
    { id: 'R10', asks: 'the page is valid', without: pages },
  ],
  'Pingback 1.0: the server': [
    { id: 'S1', asks: '`pingback.ping` takes source and target, two strings in this order' },
    { id: 'S2', asks: 'it answers with one string or a fault' },
    { id: 'S3', asks: 'the string tells something useful' },
    { id: 'S4', asks: 'a failure is a fault, by the listed code where there is one' },
    { id: 'S5', asks: 'source and target are looked at, repeats are known, the linkback is recorded' },
    { id: 'S6', asks: 'the size of the source is limited, and how fast it comes' },
    { id: 'S7', asks: 'the source is text; title, extract and language are taken' },
    { id: 'S8', asks: 'the server may be on another host than the target' },
  ],
  TrackBack: [
    {
      id: 'TB 2.1',
      asks: 'the ping: a POSTed form with `url`; the answer: error 0, or error 1 with a message, in XML',
    },
    { id: 'TB 2.2', asks: 'GET: never a ping; `__mode=rss` lists' },
    { id: 'TB 2.3', asks: 'autodiscovery: an RDF block names page and ping address' },
    { id: 'TB 2.4', asks: 'lengths, conversions and charsets, as senders expect them of a receiver' },
    { id: 'TB 2.5', asks: 'the source is verified like that of a pingback' },
  ],
  'Webmention: the receiver': [
    { id: 'WR1', asks: 'parameters are checked at once, the rest later' },
    { id: 'WR2', asks: '201 with `Location` where there is a status page' },
    { id: 'WR3', asks: '202 where there is none', without: 'there always is a status page' },
    {
      id: 'WR4',
      asks: '200 when verified before the answer',
      without: 'the source is always looked at after the answer',
    },
    { id: 'WR5', asks: 'source and target are addresses of a supported scheme' },
    { id: 'WR6', asks: 'source and target differ' },
    { id: 'WR7', asks: 'the target is a page that takes webmentions, its fragment aside' },
    { id: 'WR8', asks: 'the source is fetched, redirects followed up to a number, the mention confirmed' },
    { id: 'WR9', asks: 'the fetch says what it accepts' },
    { id: 'WR10', asks: 'each content type by its own rule' },
    { id: 'WR11', asks: 'the source has the very address of the target' },
    { id: 'WR12', asks: '400 when the sender is at fault, 500 when we are' },
    { id: 'WR13', asks: 'a repeat updates what is stored' },
    { id: 'WR14', asks: 'what is gone, or links no more, is shown no more' },
    { id: 'WR15', asks: 'repeats do not multiply' },
    { id: 'WR16', asks: 'what is shown is safe to show' },
    { id: 'WR17', asks: 'moderation, and looks from time to time, are allowed' },
    { id: 'WR18', asks: 'redirects, time and size are limited' },
    { id: 'WR19', asks: 'parameters that matter beyond these are guarded', without: 'none matters' },
  ],
};
