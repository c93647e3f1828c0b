import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { CheckField, ChoiceField, TextField } from '../parts/form.tsx';
import type { Policy, Site, SiteChoices } from '../state/desk-shapes.ts';
import { quotingHint, styleChoices } from '../words/sites.ts';

/** The fields of a site as text, and what they come to. */
export type Choices = {
  readonly address: Signal<string>;
  readonly aliases: Signal<string>;
  readonly policy: Signal<string>;
  readonly blockedHosts: Signal<string>;
  readonly closedPaths: Signal<string>;
  readonly closeAfterDays: Signal<string>;
  readonly holdAt: Signal<string>;
  readonly spamAt: Signal<string>;
  /** How a site quotes that is there already; a new one quotes as the settings say. */
  readonly quoting: Readonly<Record<'style' | 'window' | 'mark', Signal<string>>> | null;
  readonly flags: Readonly<Record<'requiresVouch' | 'isLenient' | 'takesOwn', Signal<boolean>>>;
  readonly read: () => Partial<SiteChoices> & Pick<SiteChoices, 'addresses'>;
};

/** Begins the fields with what a site has, or with what is usual. */
export function useChoices(site: Site | undefined): Choices {
  const [own = '', ...others] = site?.addresses ?? [];
  const address = useSignal(own);
  const aliases = useSignal(others.join(', '));
  const policy = useSignal<string>(site?.policy ?? 'hold-first');
  const blockedHosts = useSignal(site?.blockedHosts.join(', ') ?? '');
  const closedPaths = useSignal(site?.closedPaths.join(', ') ?? '');
  const closeAfterDays = useSignal(site?.closeAfterDays?.toString() ?? '');
  const holdAt = useSignal(String(site?.thresholds.holdAt ?? 3));
  const spamAt = useSignal(String(site?.thresholds.spamAt ?? 8));
  const quoting = {
    style: useSignal<string>(site?.quoting.style ?? ''),
    window: useSignal(site?.quoting.window.toString() ?? ''),
    mark: useSignal(site?.quoting.mark ?? ''),
  };
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
    ...(site === undefined ? {} : { quoting: readQuoting(quoting) }),
  });
  return {
    address,
    aliases,
    policy,
    blockedHosts,
    closedPaths,
    closeAfterDays,
    holdAt,
    spamAt,
    quoting: site === undefined ? null : quoting,
    flags,
    read,
  };
}

function readQuoting({ style, window, mark }: NonNullable<Choices['quoting']>): SiteChoices['quoting'] {
  return {
    style: style.peek() === 'complete' ? 'complete' : 'wordpress',
    window: Number(window.peek()),
    mark: mark.peek(),
  };
}

/** What most sites never need. */
export function MoreSettings({ choices }: { readonly choices: Choices }): JSX.Element {
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
      {choices.quoting === null ? null : <QuotingFields quoting={choices.quoting} />}
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

function QuotingFields({ quoting }: { readonly quoting: NonNullable<Choices['quoting']> }): JSX.Element {
  return (
    <>
      <ChoiceField label="Quotes" value={quoting.style} options={styleChoices} hint={quotingHint} />
      <div class="grid">
        <TextField
          label="Characters on each side of the link"
          type="number"
          min="20"
          value={quoting.window}
        />
        <TextField label="Where text was cut" value={quoting.mark} maxLength={20} />
      </div>
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
