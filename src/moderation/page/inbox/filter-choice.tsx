import type { JSX } from 'preact';
import { useStore } from '../state/context.ts';
import type { FilterName } from '../state/place.ts';

export type FilterChoiceProps = {
  readonly name: FilterName;
  readonly label: string;
  /** What it says when nothing is chosen. */
  readonly every: string;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly set: (name: FilterName, value: string) => void;
};

/** A filter that is chosen. */
export function FilterChoice({ name, label, every, options, set }: FilterChoiceProps): JSX.Element {
  const { places } = useStore();
  const chosen = places.place.value.filter[name] ?? '';
  return (
    <select
      aria-label={label}
      class={chosen === '' ? '' : 'chosen'}
      value={chosen}
      onChange={(event) => set(name, event.currentTarget.value)}
    >
      <option value="" selected={chosen === ''}>
        {every}
      </option>
      {options.map(([value, said]) => (
        <option key={value} value={value} selected={value === chosen}>
          {said}
        </option>
      ))}
    </select>
  );
}
