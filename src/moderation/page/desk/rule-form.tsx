import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { ChoiceField, Problem, TextField, useSubmit } from '../parts/form.tsx';
import { Go } from '../parts/go.tsx';
import { useStore } from '../state/context.ts';
import type { Query } from '../state/owner-api.ts';
import { inboxPlace } from '../state/place.ts';
import type { Dialect, Rule, RuleAction, RuleDraft } from '../state/shapes.ts';
import { actionNames, actionWords, hasCriteria } from '../words/rules.ts';
import { dialectNames } from '../words/states.ts';
import { RulePreviewPart } from './rule-preview.tsx';

export type RuleFormProps = {
  readonly rule?: Rule;
  /** What the form begins with, by the names of the fields. */
  readonly begin: Query;
  readonly onDone: () => Promise<void>;
};

const actions = ['block', 'reject', 'hold', 'approve'] as const;

/** Makes a rule or changes one, and shows meanwhile what it would have done. */
export function RuleForm({ rule, begin, onDone }: RuleFormProps): JSX.Element {
  const { api, session, sites, notices } = useStore();
  const own = session.session.value?.site ?? null;
  const action = useSignal<string>(rule?.action ?? (begin['action'] || 'block'));
  const sourceHost = useSignal(rule?.sourceHost ?? begin['sourceHost'] ?? '');
  const sourcePrefix = useSignal(rule?.sourcePrefix ?? begin['sourcePrefix'] ?? '');
  const author = useSignal(rule?.author ?? begin['author'] ?? '');
  const targetPath = useSignal(rule?.targetPath ?? begin['targetPath'] ?? '');
  const dialect = useSignal<string>(rule?.dialect ?? '');
  const site = useSignal(rule?.site ?? own ?? '');
  const note = useSignal(rule?.note ?? '');
  const draft = useComputed((): RuleDraft => ({
    action: action.value as RuleAction,
    sourceHost: orNull(sourceHost.value),
    sourcePrefix: orNull(sourcePrefix.value),
    author: orNull(author.value),
    targetPath: orNull(targetPath.value),
    dialect: orNull(dialect.value) as Dialect | null,
    site: orNull(site.value),
    note: note.value.trim(),
  }));
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    if (rule === undefined) await api.addRule(draft.peek());
    else await api.changeRule(rule.id, draft.peek());
    notices.say(rule === undefined ? 'The rule stands.' : 'The rule is changed.');
    await onDone();
  });
  const names = sites.value?.map(({ slug }) => slug) ?? [];
  return (
    <form
      class="card form"
      onSubmit={onSubmit}
      aria-label={rule === undefined ? 'New rule' : 'Edit the rule'}
    >
      <fieldset class="choices">
        <legend>What to do</legend>
        {actions.map((each) => (
          <label key={each} class="choice">
            <input
              type="radio"
              name="action"
              value={each}
              checked={action.value === each}
              onChange={() => (action.value = each)}
            />
            <span>
              <strong>{actionNames[each]}</strong>
              <span class="soft">{actionWords[each]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>With what comes</legend>
        <p class="hint">All that you fill in must hold; fill in at least one.</p>
        <div class="grid">
          <TextField
            label="From the host"
            value={sourceHost}
            placeholder="spam.example"
            maxLength={253}
            hint="With all hosts below it."
          />
          <TextField
            label="From addresses that begin with"
            value={sourcePrefix}
            placeholder="https://blog.example/tag/"
            maxLength={2048}
          />
          <TextField label="By the author" value={author} placeholder="Name or address" maxLength={200} />
          <TextField
            label="To the path"
            value={targetPath}
            placeholder="/about"
            maxLength={2048}
            hint="With all pages below it."
          />
          <ChoiceField
            label="Announced by"
            value={dialect}
            options={[['', 'Any dialect'], ...Object.entries(dialectNames)]}
          />
          {own === null && names.length > 0 ? (
            <ChoiceField
              label="On the site"
              value={site}
              options={[['', 'All sites'], ...names.map((each) => [each, each] as const)]}
            />
          ) : null}
        </div>
        <TextField label="Note" value={note} placeholder="Why, for yourself" maxLength={1000} />
      </fieldset>
      <RulePreviewPart draft={draft} />
      <Problem text={problem} />
      <p class="buttons">
        <button class="primary" disabled={isBusy.value || !hasCriteria(draft.value)}>
          {rule === undefined ? 'Add the rule' : 'Save the rule'}
        </button>
        <Go to={{ ...inboxPlace, view: 'rules' }} class="button">
          Cancel
        </Go>
      </p>
    </form>
  );
}

function orNull(text: string): string | null {
  return text.trim() || null;
}
