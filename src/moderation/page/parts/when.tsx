import type { JSX } from 'preact';
import { shortTime, wholeDay, wholeTime } from '../words/dates.ts';

export type WhenProps = {
  readonly time: string;
  /** How it is said: how long ago, to the minute, or by its day. */
  readonly as?: 'short' | 'whole' | 'day';
};

/** A time, with all of it for whoever points at it. */
export function When({ time, as = 'short' }: WhenProps): JSX.Element {
  const said = {
    short: () => shortTime(time, Date.now()),
    whole: () => wholeTime(time),
    day: () => wholeDay(time),
  };
  return (
    <time dateTime={time} title={as === 'whole' ? undefined : wholeTime(time)}>
      {said[as]()}
    </time>
  );
}
