import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { ChoiceField, Problem, TextField, useSubmit } from '../parts/form.tsx';
import { Go } from '../parts/go.tsx';
import { useStore } from '../state/context.ts';
import type { Site } from '../state/desk-shapes.ts';
import { inboxPlace } from '../state/place.ts';
import { policyChoices } from '../words/sites.ts';
import { MoreSettings, useChoices } from './site-choices.tsx';

export type SiteFormProps = {
  readonly site?: Site;
  /** The very first one asks for the address and nothing else. */
  readonly isFirst?: boolean;
  readonly onDone: (slug: string) => void;
};

/** Adds a site or changes one. */
export function SiteForm({ site, isFirst = false, onDone }: SiteFormProps): JSX.Element {
  const { desk, loadSites, notices } = useStore();
  const slug = useSignal('');
  const choices = useChoices(site);
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    const all = choices.read();
    // Whoever was asked for nothing else gets what is usual here.
    const body = isFirst ? { addresses: all.addresses } : all;
    const name = slug.peek().trim();
    const saved =
      site === undefined
        ? await desk.addSite({ ...body, ...(name === '' ? {} : { slug: name }) })
        : await desk.changeSite(site.slug, body);
    await loadSites();
    notices.say(
      site === undefined ? `The site ${saved.slug} is added.` : `The site ${saved.slug} is changed.`,
    );
    onDone(saved.slug);
  });
  return (
    <form onSubmit={onSubmit} aria-label={site === undefined ? 'New site' : `Edit ${site.slug}`}>
      <TextField
        label="Address"
        value={choices.address}
        isRequired
        isFirst
        placeholder="https://blog.example"
        maxLength={2048}
      />
      {isFirst ? null : (
        <>
          {site === undefined ? (
            <TextField
              label="Name"
              value={slug}
              maxLength={63}
              placeholder="blog"
              hint="Lower-case letters, digits and hyphens. It stands in the addresses that you paste; without one, the host’s first part is taken."
            />
          ) : null}
          <ChoiceField label="Policy" value={choices.policy} options={policyChoices} />
          <details>
            <summary>More settings</summary>
            <MoreSettings choices={choices} />
          </details>
        </>
      )}
      <Problem text={problem} />
      <p class="buttons">
        <button class="primary" disabled={isBusy.value}>
          {site === undefined ? 'Add the site' : 'Save'}
        </button>
        {isFirst ? null : (
          <Go to={{ ...inboxPlace, view: 'sites' }} class="button">
            Cancel
          </Go>
        )}
      </p>
    </form>
  );
}
