import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { CheckField, ChoiceField, Problem, TextField, useSubmit } from '../parts/form.tsx';
import { Go } from '../parts/go.tsx';
import { useStore } from '../state/context.ts';
import type { Token } from '../state/desk-shapes.ts';
import { inboxPlace } from '../state/place.ts';
import type { Scope } from '../state/shapes.ts';
import { scopes, scopeWords } from '../words/desk.ts';

/** Makes a token that may do no more than it must. */
export function TokenForm({ onMade }: { readonly onMade: (token: string) => Promise<void> }): JSX.Element {
  const { desk, sites } = useStore();
  const name = useSignal('');
  const chosen = useSignal<readonly Scope[]>(['moderate']);
  const site = useSignal('');
  const expires = useSignal('');
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    const { token } = await desk.addToken({
      name: name.peek().trim(),
      scopes: chosen.peek(),
      ...(site.peek() === '' ? {} : { site: site.peek() }),
      ...(expires.peek() === '' ? {} : { expiresAt: endOfDay(expires.peek()) }),
    });
    await onMade(token);
  });
  const toggle = (scope: Scope): void => {
    const others = chosen.peek().filter((each) => each !== scope);
    chosen.value = others.length === chosen.peek().length ? [...others, scope] : others;
  };
  const names = sites.value?.map(({ slug }) => slug) ?? [];
  return (
    <form class="card form" onSubmit={onSubmit} aria-label="New token">
      <TextField
        label="Name"
        value={name}
        isRequired
        isFirst
        maxLength={100}
        placeholder="Build script"
        hint="It stands in the history of what its holder decides."
      />
      <fieldset>
        <legend>It may</legend>
        {scopes.map((scope) => (
          <CheckField key={scope} isChecked={chosen.value.includes(scope)} onToggle={() => toggle(scope)}>
            <strong>{scope}</strong> <span class="soft">{scopeWords[scope]}</span>
          </CheckField>
        ))}
      </fieldset>
      <div class="grid">
        <ChoiceField
          label="On"
          value={site}
          options={[['', 'All sites'], ...names.map((each) => [each, each] as const)]}
        />
        <TextField
          label="Expires at the end of"
          type="date"
          value={expires}
          min={new Date().toISOString().slice(0, 10)}
          hint="Empty for never."
        />
      </div>
      <Problem text={problem} />
      <p class="buttons">
        <button class="primary" disabled={isBusy.value || chosen.value.length === 0}>
          Make the token
        </button>
        <Go to={{ ...inboxPlace, view: 'tokens' }} class="button">
          Cancel
        </Go>
      </p>
    </form>
  );
}

/** Renames a token, or has it end at another time; what it may do stays as it was made. */
export function TokenEdit({
  token,
  onDone,
}: {
  readonly token: Token;
  readonly onDone: () => void;
}): JSX.Element {
  const { desk, notices } = useStore();
  const name = useSignal(token.name);
  const expires = useSignal(token.expiresAt === null ? '' : dayOf(token.expiresAt));
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    const { expiresAt } = token;
    const isSameDay = expiresAt !== null && expires.peek() === dayOf(expiresAt);
    const saved = await desk.changeToken(token.id, {
      name: name.peek().trim(),
      expiresAt: isSameDay ? expiresAt : expires.peek() === '' ? null : endOfDay(expires.peek()),
    });
    notices.say(`The token “${saved.name}” is changed.`);
    onDone();
  });
  return (
    <form onSubmit={onSubmit} aria-label={`Edit ${token.name}`}>
      <div class="grid">
        <TextField label="Name" value={name} isRequired isFirst maxLength={100} />
        <TextField label="Expires at the end of" type="date" value={expires} hint="Empty for never." />
      </div>
      <p class="soft">What it may do cannot be changed: make another one, and revoke this.</p>
      <Problem text={problem} />
      <p class="buttons">
        <button class="primary" disabled={isBusy.value}>
          Save
        </button>
        <Go to={{ ...inboxPlace, view: 'tokens' }} class="button">
          Cancel
        </Go>
      </p>
    </form>
  );
}

/** The day of an instant where the owner is, as date fields have it. */
function dayOf(time: string): string {
  const at = new Date(time);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The last moment of a day where the owner is. */
function endOfDay(day: string): string {
  return new Date(`${day}T23:59:59`).toISOString();
}
