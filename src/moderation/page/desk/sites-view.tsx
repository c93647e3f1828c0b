import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Confirm } from '../parts/dialog.tsx';
import { Go } from '../parts/go.tsx';
import { sayError } from '../state/call.ts';
import { useStore } from '../state/context.ts';
import type { Site } from '../state/desk-shapes.ts';
import { inboxPlace, type Place } from '../state/place.ts';
import { policyNames, siteFacts } from '../words/sites.ts';
import { DeskView, Nothing } from './desk-view.tsx';
import { Setup } from './setup.tsx';
import { SiteForm } from './site-form.tsx';

const sitesPlace: Place = { ...inboxPlace, view: 'sites' };

/** Whose pages may be linked to, how each decides, and what to paste into them. */
export function SitesView(): JSX.Element {
  const { sites, loadSites, places, notices, session } = useStore();
  const isIn = session.sign.value === 'in';
  useEffect(() => {
    if (isIn) loadSites().catch((error: unknown) => notices.complain(sayError(error)));
  }, [isIn]);
  const { more } = places.place.value;
  const all = sites.value ?? [];
  const edited = all.find(({ slug }) => slug === more['edit']);
  return (
    <DeskView
      title="Sites"
      about="Each site is an address of yours; all pages below it may be linked to."
      action={
        more['add'] === undefined ? (
          <Go to={{ ...sitesPlace, more: { add: 'site' } }} class="button primary">
            Add a site
          </Go>
        ) : null
      }
    >
      {more['add'] === undefined ? null : (
        <div class="card form">
          <SiteForm onDone={(slug) => places.go({ ...sitesPlace, more: { paste: slug } })} />
        </div>
      )}
      {all.length === 0 && more['add'] === undefined ? (
        <Nothing>
          <h2>No sites yet</h2>
          <p>Add the address of your blog, and others can tell of links to its pages.</p>
        </Nothing>
      ) : null}
      <ul class="cards">
        {all.map((site) => (
          <li key={site.slug} class="card">
            {site.slug === edited?.slug ? (
              <SiteForm site={site} onDone={() => places.go(sitesPlace)} />
            ) : (
              <SiteCard site={site} isPasting={more['paste'] === site.slug} />
            )}
          </li>
        ))}
      </ul>
    </DeskView>
  );
}

function SiteCard({ site, isPasting }: { readonly site: Site; readonly isPasting: boolean }): JSX.Element {
  const [, ...aliases] = site.addresses;
  return (
    <>
      <h2 class="card-title">{site.slug}</h2>
      <p>
        {site.addresses[0]}
        {aliases.length === 0 ? null : <span class="soft"> also {aliases.join(', ')}</span>}
      </p>
      <p class="soft">{policyNames[site.policy]}</p>
      <ul class="facts">
        {siteFacts(site).map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      <div class="card-foot">
        {site.isConfigured ? (
          <span class="soft">From the settings (SITES): change it there, and start the service again.</span>
        ) : (
          <span class="buttons">
            <Go to={{ ...sitesPlace, more: { edit: site.slug } }} class="button small">
              Edit
            </Go>
            <DeleteSite site={site} />
          </span>
        )}
        <Go to={{ ...sitesPlace, more: isPasting ? {} : { paste: site.slug } }} class="button small">
          {isPasting ? 'Hide what to paste' : 'What to paste'}
        </Go>
      </div>
      {isPasting ? <Setup site={site} heading="h3" /> : null}
    </>
  );
}

function DeleteSite({ site }: { readonly site: Site }): JSX.Element {
  const { desk, loadSites, notices } = useStore();
  const isAsking = useSignal(false);
  const remove = async (): Promise<void> => {
    isAsking.value = false;
    try {
      await desk.deleteSite(site.slug);
      notices.say(`The site ${site.slug} is removed.`);
      await loadSites();
    } catch (error) {
      notices.complain(`The site was not removed. ${sayError(error)}`);
    }
  };
  return (
    <>
      <button type="button" class="small" onClick={() => (isAsking.value = true)}>
        Remove
      </button>
      {isAsking.value ? (
        <Confirm
          title={`Remove the site ${site.slug}?`}
          yes="Remove"
          onYes={() => void remove()}
          onNo={() => (isAsking.value = false)}
        >
          <p>
            Links to {site.addresses[0]} are not taken any more. Its linkbacks stay stored, and come back with
            the site.
          </p>
        </Confirm>
      ) : null}
    </>
  );
}
