import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { CheckField, ChoiceField, Problem, TextField, useSubmit } from '../parts/form.tsx';
import { Go } from '../parts/go.tsx';
import { useStore } from '../state/context.ts';
import type { Policy, Site, SiteChoices } from '../state/desk-shapes.ts';
import { inboxPlace } from '../state/place.ts';
import { policyChoices } from '../words/sites.ts';

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
    const body = choices.read();
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

type Choices = {
  readonly address: Signal<string>;
  readonly aliases: Signal<string>;
  readonly policy: Signal<string>;
  readonly blockedHosts: Signal<string>;
  readonly closedPaths: Signal<string>;
  readonly closeAfterDays: Signal<string>;
  readonly holdAt: Signal<string>;
  readonly spamAt: Signal<string>;
  readonly flags: Readonly<Record<'requiresVouch' | 'isLenient' | 'takesOwn', Signal<boolean>>>;
  readonly read: () => Partial<SiteChoices> & Pick<SiteChoices, 'addresses'>;
};

/** The form's fields as text, and what they come to. */
function useChoices(site: Site | undefined): Choices {
  const [own = '', ...others] = site?.addresses ?? [];
  const address = useSignal(own);
  const aliases = useSignal(others.join(', '));
  const policy = useSignal<string>(site?.policy ?? 'hold-first');
  const blockedHosts = useSignal(site?.blockedHosts.join(', ') ?? '');
  const closedPaths = useSignal(site?.closedPaths.join(', ') ?? '');
  const closeAfterDays = useSignal(site?.closeAfterDays?.toString() ?? '');
  const holdAt = useSignal(String(site?.thresholds.holdAt ?? 3));
  const spamAt = useSignal(String(site?.thresholds.spamAt ?? 8));
  const flags = {
    requiresVouch: useSignal(site?.requiresVouch ?? false),
    isLenient: useSignal(site?.isLenient ?? false),
    takesOwn: useSignal(site?.takesOwn ?? true),
  };
  const read: Choices['read'] = () => ({
    addresses: [withScheme(address.peek()), ...parts(aliases.peek()).map(withScheme)],
    policy: policy.peek() as Policy,
    blockedHosts: parts(blockedHosts.peek()),
    closedPaths: parts(closedPaths.peek()),
    closeAfterDays: closeAfterDays.peek() === '' ? null : Number(closeAfterDays.peek()),
    thresholds: { holdAt: Number(holdAt.peek()), spamAt: Number(spamAt.peek()) },
    requiresVouch: flags.requiresVouch.peek(),
    isLenient: flags.isLenient.peek(),
    takesOwn: flags.takesOwn.peek(),
  });
  return { address, aliases, policy, blockedHosts, closedPaths, closeAfterDays, holdAt, spamAt, flags, read };
}

function MoreSettings({ choices }: { readonly choices: Choices }): JSX.Element {
  const { flags } = choices;
  const flip = (flag: Signal<boolean>) => () => (flag.value = !flag.peek());
  return (
    <>
      <TextField
        label="Other addresses that mean the same"
        value={choices.aliases}
        hint="Separated by commas."
      />
      <TextField
        label="Blocked hosts"
        value={choices.blockedHosts}
        hint="Their pings are refused, with all hosts below them. Separated by commas."
      />
      <TextField
        label="Closed paths"
        value={choices.closedPaths}
        placeholder="/about, /imprint"
        hint="They take no linkbacks, with all pages below them."
      />
      <TextField
        label="Close a page after so many days"
        type="number"
        min="1"
        value={choices.closeAfterDays}
        hint="Counted from its publication; empty for never."
      />
      <div class="grid">
        <TextField label="Hold from so many points" type="number" min="1" value={choices.holdAt} />
        <TextField label="File as spam from so many points" type="number" min="1" value={choices.spamAt} />
      </div>
      <CheckField isChecked={flags.takesOwn.value} onToggle={flip(flags.takesOwn)}>
        Posts of this site may send linkbacks to each other.
      </CheckField>
      <CheckField isChecked={flags.isLenient.value} onToggle={flip(flags.isLenient)}>
        A webmention’s link may be spelled otherwise than its target: www., a final slash, http for https.
      </CheckField>
      <CheckField isChecked={flags.requiresVouch.value} onToggle={flip(flags.requiresVouch)}>
        A webmention from a host that is new here must name a page that vouches for it.
      </CheckField>
    </>
  );
}

function parts(text: string): string[] {
  return text
    .split(/[\s,]+/u)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function withScheme(address: string): string {
  const text = address.trim();
  return /^[a-z]+:\/\//iu.test(text) ? text : `https://${text}`;
}
