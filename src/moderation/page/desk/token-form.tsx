import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { CheckField, ChoiceField, Problem, TextField, useSubmit } from '../parts/form.tsx';
import { Go } from '../parts/go.tsx';
import { useStore } from '../state/context.ts';
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

/** The last moment of a day where the owner is. */
function endOfDay(day: string): string {
  return new Date(`${day}T23:59:59`).toISOString();
}
