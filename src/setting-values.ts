// What the text of a setting may be; each throws a sentence that says what is right.

/** Days that grow, or none for `off`. */
export function growingDays(text: string): number[] {
  if (text === 'off') return [];
  const days = list(text).map(wholeNumber(1, 3650));
  if (days.every((each, at) => at === 0 || each > (days[at - 1] ?? 0))) return days;
  throw new Error(`"${text}" must be "off" or days that grow, as in "1,7,30,90"`);
}

/** A number of days, or null for `off`. */
export function daysOrOff(text: string): number | null {
  return text === 'off' ? null : wholeNumber(1, 36_500)(text);
}

export function onOff(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new Error(`"${text}" must be "on" or "off"`);
  return text === 'on';
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new Error(`"${text}" must be a whole number from ${least} to ${most}`);
  };
}

export function oneOf<Choice extends string>(choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const choice = choices.find((each) => each === text);
    if (choice !== undefined) return choice;
    throw new Error(`"${text}" must be one of ${choices.join(', ')}`);
  };
}

/** Undefined for no text at all. */
export function optional<Value>(parse: (text: string) => Value): (text: string) => Value | undefined {
  return (text) => (text === '' ? undefined : parse(text));
}

/** What stands between commas. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}
