import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Confirm } from '../parts/dialog.tsx';
import { Go } from '../parts/go.tsx';
import { useLoaded, WhenLoaded } from '../parts/loaded.tsx';
import { When } from '../parts/when.tsx';
import { sayError } from '../state/call.ts';
import { useStore } from '../state/context.ts';
import { inboxPlace, type Place } from '../state/place.ts';
import type { Rule } from '../state/shapes.ts';
import { actionNames, actionWords, criteriaWords } from '../words/rules.ts';
import { DeskView, Nothing } from './desk-view.tsx';
import { RuleForm } from './rule-form.tsx';

const rulesPlace: Place = { ...inboxPlace, view: 'rules' };

/** The decisions that stand: what is decided before anybody looks. */
export function RulesView(): JSX.Element {
  const { api, places, session } = useStore();
  const rules = useLoaded(async () => (await api.rules()).items);
  const { more } = places.place.value;
  const edited = rules.value.value?.find(({ id }) => id === more['edit']);
  const done = async (): Promise<void> => {
    places.go(rulesPlace);
    await rules.reload();
  };
  const mayChange = session.may('moderate');
  return (
    <DeskView
      title="Rules"
      about="Rules decide by themselves on what comes in. Of several that match, the strictest counts: block, reject, hold, approve."
      action={
        mayChange && more['add'] === undefined && edited === undefined ? (
          <Go to={{ ...rulesPlace, more: { add: 'rule' } }} class="button primary">
            Add a rule
          </Go>
        ) : null
      }
    >
      {more['add'] === undefined ? null : <RuleForm key="new" begin={more} onDone={done} />}
      {edited === undefined ? null : <RuleForm key={edited.id} rule={edited} begin={{}} onDone={done} />}
      <WhenLoaded from={rules}>
        {(all) =>
          all.length === 0 && more['add'] === undefined ? (
            <Nothing>
              <h2>No rules yet</h2>
              <p>
                Without rules each site’s policy decides. A rule is worth its while when you decide the same
                for a host or an author again and again.
              </p>
            </Nothing>
          ) : (
            <ul class="cards">
              {all
                .filter(({ id }) => id !== edited?.id)
                .map((rule) => (
                  <RuleCard key={rule.id} rule={rule} onChange={rules.reload} />
                ))}
            </ul>
          )
        }
      </WhenLoaded>
    </DeskView>
  );
}

type RuleCardProps = { readonly rule: Rule; readonly onChange: () => Promise<void> };

function RuleCard({ rule, onChange }: RuleCardProps): JSX.Element {
  const { session } = useStore();
  const own = session.session.value?.site ?? null;
  const mayChange = session.may('moderate') && (own === null || rule.site === own);
  return (
    <li class="card">
      <p class="card-title">
        <strong class={`action ${rule.action}`}>{actionNames[rule.action]}</strong> what comes{' '}
        {criteriaWords(rule)}.
      </p>
      <p class="soft">{actionWords[rule.action]}</p>
      {rule.note === '' ? null : <p class="why">{rule.note}</p>}
      <div class="card-foot">
        <span class="soft">
          By {rule.createdBy}, <When time={rule.createdAt} as="day" />
        </span>
        {mayChange ? (
          <span class="buttons">
            <Go to={{ ...rulesPlace, more: { edit: rule.id } }} class="button small">
              Edit
            </Go>
            <DeleteRule rule={rule} onChange={onChange} />
          </span>
        ) : null}
        {own !== null && rule.site === null ? (
          <span class="soft">It stands for all sites; your token is for one.</span>
        ) : null}
      </div>
    </li>
  );
}

function DeleteRule({ rule, onChange }: RuleCardProps): JSX.Element {
  const { api, notices } = useStore();
  const isAsking = useSignal(false);
  const remove = async (): Promise<void> => {
    isAsking.value = false;
    try {
      await api.deleteRule(rule.id);
      notices.say('The rule is deleted. What it decided stays as it is.');
    } catch (error) {
      notices.complain(`The rule was not deleted. ${sayError(error)}`);
    }
    await onChange();
  };
  return (
    <>
      <button type="button" class="small" onClick={() => (isAsking.value = true)}>
        Delete
      </button>
      {isAsking.value ? (
        <Confirm
          title="Delete this rule?"
          yes="Delete"
          onYes={() => void remove()}
          onNo={() => (isAsking.value = false)}
        >
          <p>
            {actionNames[rule.action]} what comes {criteriaWords(rule)}.
          </p>
          <p class="hint">
            What it has decided stays as it is; what comes from now on is decided without it.
          </p>
        </Confirm>
      ) : null}
    </>
  );
}
