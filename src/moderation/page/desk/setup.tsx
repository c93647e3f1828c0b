import type { JSX } from 'preact';
import { Copy } from '../parts/copy.tsx';
import type { Site } from '../state/desk-shapes.ts';

export type SetupProps = {
  readonly site: Site;
  /** What stands above it has the heading one step up. */
  readonly heading: 'h2' | 'h3';
};

/** What to paste into the pages of a site: what everybody needs first, the rest folded away. */
export function Setup({ site, heading: Heading }: SetupProps): JSX.Element {
  const { setup } = site;
  const headers = Object.entries(setup.headers).map(([name, value]) => `${name}: ${value}`);
  const base = setup.list.replace(/linkbacks\.html\?.*$/u, '');
  const widget = `<script src="${base}widget.js" async></script>
<link-backs target="ADDRESS-OF-THE-PAGE" style="display: block; min-height: 8rem">
  <a href="${base}linkbacks?target=ADDRESS-OF-THE-PAGE">Linkbacks</a>
</link-backs>`;
  return (
    <div class="setup">
      <Heading>Two lines for the head of every page</Heading>
      <Copy what={`Lines for the head, ${site.slug}`} text={setup.elements} />
      <Heading>The list, where a page has its comments</Heading>
      <p class="soft">
        Put the address of the page itself where it says so. Without scripts, readers get the link.
      </p>
      <Copy what={`Lines for the list, ${site.slug}`} text={widget} />
      <details>
        <summary>Without a script, with headers, and TrackBack</summary>
        <p class="soft">The list as a piece of HTML, to include on the server or when you build the site:</p>
        <Copy
          what={`Address of the list, ${site.slug}`}
          text={`${base}linkbacks.html?target=ADDRESS-OF-THE-PAGE`}
        />
        <p class="soft">
          Headers, if your server can send some. WordPress looks for the first one before anything else:
        </p>
        <Copy what={`Headers, ${site.slug}`} text={headers.join('\n')} />
        <p class="soft">
          A comment for TrackBack, which differs from page to page; this one is for {setup.target}. The
          address <code>{`${base}setup?target=…`}</code> shows it for any page.
        </p>
        <Copy what={`TrackBack, ${site.slug}`} text={setup.rdf} />
      </details>
    </div>
  );
}
