const byMinute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const relative = new Intl.RelativeTimeFormat('en-GB', { numeric: 'auto', style: 'short' });

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A time to the minute, in the reader's own zone. */
export function wholeTime(time: string): string {
  return byMinute.format(new Date(time));
}

/** A day, for what is only known or wanted by its day. */
export function wholeDay(time: string): string {
  return day.format(new Date(time));
}

/** How long ago, while that is said easily; then the day. */
export function shortTime(time: string, now: number): string {
  const then = Date.parse(time);
  const ago = now - then;
  const isAhead = ago < 0;
  const far = Math.abs(ago);
  if (far < minuteMs) return isAhead ? 'in a moment' : 'just now';
  // What was is told by what is full; what comes, by what is next.
  const whole = isAhead ? Math.round : Math.trunc;
  if (far < hourMs) return relative.format(-whole(ago / minuteMs), 'minute');
  if (far < dayMs) return relative.format(-whole(ago / hourMs), 'hour');
  if (far < 7 * dayMs) return relative.format(-whole(ago / dayMs), 'day');
  const isThisYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? dayOfYear : day).format(then);
}
