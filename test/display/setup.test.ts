import { describe, expect, it } from 'vitest';
import { setupOf } from '../../src/display/setup.ts';
import { buildSite } from '../support/build-linkback.ts';

const setup = (target: string, title = 'A title') =>
  setupOf(buildSite(), new URL(target), title, 'https://linkbacks.example');

/** Spec: Pingback 1.0 section 2. */
describe('what a page says to senders of pingbacks and webmentions', () => {
  const { headers, elements } = setup('https://blog.example/post');

  it('[R2] names the server by its absolute address, in the header', () => {
    expect(headers['X-Pingback']).toBe('https://linkbacks.example/blog/xmlrpc');
  });

  it('[R7] has exactly one element, in the one byte form that senders search for', () => {
    const found = [...elements.matchAll(/<link rel="pingback" href="([^"]+)" ?\/?>/gu)];
    expect(found.map((match) => match[1])).toEqual([headers['X-Pingback']]);
  });

  it('[R9] needs no reference in the address', () => {
    expect(headers['X-Pingback']).not.toMatch(/[&<>"']/u);
  });

  it('[WS2] names the Webmention endpoint by a header and an element', () => {
    expect(headers['Link']).toBe('<https://linkbacks.example/blog/webmention>; rel="webmention"');
    expect(elements).toContain('<link rel="webmention" href="https://linkbacks.example/blog/webmention">');
  });
});

/** Spec: TrackBack 1.2, autodiscovery. */
describe('the block for TrackBack', () => {
  const read = (rdf: string, name: string): string | undefined =>
    new RegExp(`${name}="([^"]*)"`, 'u').exec(rdf)?.[1];

  it('[TB 2.3] names the page twice, and its ping address', () => {
    const { rdf } = setup('https://blog.example/2020/01/post/');
    expect(read(rdf, 'rdf:about')).toBe('https://blog.example/2020/01/post/');
    expect(read(rdf, 'dc:identifier')).toBe('https://blog.example/2020/01/post/');
    expect(read(rdf, 'trackback:ping')).toBe('https://linkbacks.example/trackback/blog/2020/01/post/');
  });

  it('[TB 2.3] keeps the query, with its references', () => {
    const { rdf } = setup('https://blog.example/?p=1&q=2');
    expect(read(rdf, 'trackback:ping')).toBe('https://linkbacks.example/trackback/blog/?p=1&amp;q=2');
  });

  it('[TB 2.3] never ends its comment early', () => {
    const { rdf } = setup('https://blog.example/a--b', 'An end --> and a "quote" <b>');
    expect(rdf.slice(4, -3)).not.toContain('--');
    expect(read(rdf, 'dc:title')).toBe('An end &#45;&#45;&gt; and a &quot;quote&quot; &lt;b&gt;');
  });
});

describe('the list in a page', () => {
  it('is an element with a link inside of it, for any address', () => {
    const { widget } = setup('https://blog.example/?a=1&b="2"');
    expect(widget).toBe(
      `<script src="https://linkbacks.example/widget.js" async></script>
<link-backs target="https://blog.example/?a=1&amp;b=%222%22" style="display: block; min-height: 8rem"><a href="https://linkbacks.example/linkbacks?target=https%3A%2F%2Fblog.example%2F%3Fa%3D1%26b%3D%25222%2522">Linkbacks</a></link-backs>`,
    );
  });
});
