import type { JSX } from 'preact';
import { Go } from '../parts/go.tsx';
import { Setup } from '../desk/setup.tsx';
import { SiteForm } from '../desk/site-form.tsx';
import { useStore } from '../state/context.ts';
import { inboxPlace } from '../state/place.ts';

/** The way from the first token to the first linkback: name a site, paste two lines, and wait for what comes. */
export function StartView(): JSX.Element {
  const { sites, places } = useStore();
  const site = sites.value?.at(-1);
  return (
    <main class="desk start">
      <ol class="steps" aria-label="Steps">
        <li aria-current={site === undefined ? 'step' : undefined}>Name your site</li>
        <li aria-current={site === undefined ? undefined : 'step'}>Paste two lines</li>
        <li>Get a first linkback</li>
      </ol>
      {site === undefined ? (
        <>
          <h1>Which pages are yours?</h1>
          <p class="soft">
            The address of your blog. Others may then tell this service of links to any page below it.
          </p>
          <SiteForm isFirst onDone={() => places.go({ ...inboxPlace, view: 'start' }, 'aside')} />
        </>
      ) : (
        <>
          <h1>Tell the world where to send</h1>
          <p class="soft">
            Paste this into the pages of {site.addresses[0]}, and other blogs find this service by themselves.
            You can come back to it under “Sites”.
          </p>
          <Setup site={site} heading="h2" />
          <p class="buttons">
            <Go to={inboxPlace} class="button primary">
              Go on to the inbox
            </Go>
          </p>
        </>
      )}
    </main>
  );
}
