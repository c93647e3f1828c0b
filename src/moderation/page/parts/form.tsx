import { useSignal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { ComponentChildren, JSX, TargetedSubmitEvent } from 'preact';
import { useId } from 'preact/hooks';
import { sayError } from '../state/call.ts';

export type Submit = {
  readonly isBusy: ReadonlySignal<boolean>;
  readonly problem: Signal<string>;
  readonly onSubmit: (event: TargetedSubmitEvent<HTMLFormElement>) => void;
};

/** Sends a form once at a time, and keeps what went wrong. */
export function useSubmit(send: () => Promise<void>): Submit {
  const isBusy = useSignal(false);
  const problem = useSignal('');
  const run = async (): Promise<void> => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    problem.value = '';
    try {
      await send();
    } catch (error) {
      problem.value = sayError(error);
    } finally {
      isBusy.value = false;
    }
  };
  const onSubmit: Submit['onSubmit'] = (event) => {
    event.preventDefault();
    void run();
  };
  return { isBusy, problem, onSubmit };
}

/** What went wrong, said at once. The place for it is always there. */
export function Problem({ text }: { readonly text: ReadonlySignal<string> }): JSX.Element {
  return <div role="alert">{text.value === '' ? null : <p class="problem">{text}</p>}</div>;
}

const kinds = {
  text: { type: 'text' },
  url: { type: 'url' },
  password: { type: 'password' },
  date: { type: 'date' },
  number: { type: 'number' },
} as const;

export type TextFieldProps = {
  readonly label: string;
  readonly value: Signal<string>;
  readonly hint?: string;
  readonly type?: keyof typeof kinds;
  readonly placeholder?: string;
  readonly autocomplete?: string;
  readonly isRequired?: boolean;
  readonly isFirst?: boolean;
  readonly maxLength?: number;
  readonly min?: string;
};

/** A line of text with its label, and a hint that screen readers hear, too. */
export function TextField(props: TextFieldProps): JSX.Element {
  const { label, value, hint, type = 'text', isRequired = false, isFirst = false } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...kinds[type]}
        value={value}
        required={isRequired}
        autofocus={isFirst}
        placeholder={props.placeholder}
        autocomplete={props.autocomplete ?? 'off'}
        spellcheck={false}
        maxLength={props.maxLength}
        min={props.min}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
      {hint === undefined ? null : (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

export type ChoiceFieldProps = {
  readonly label: string;
  readonly value: Signal<string>;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly hint?: string;
};

export function ChoiceField({ label, value, options, hint }: ChoiceFieldProps): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => (value.value = event.currentTarget.value)}
      >
        {options.map(([option, name]) => (
          <option key={option} value={option} selected={option === value.value}>
            {name}
          </option>
        ))}
      </select>
      {hint === undefined ? null : (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

export type CheckFieldProps = {
  readonly isChecked: boolean;
  readonly onToggle: () => void;
  readonly children: ComponentChildren;
};

export function CheckField({ isChecked, onToggle, children }: CheckFieldProps): JSX.Element {
  return (
    <label class="check">
      <input type="checkbox" checked={isChecked} onChange={onToggle} />
      <span>{children}</span>
    </label>
  );
}
