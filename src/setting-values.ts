import { isIP } from 'node:net';
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

/** A secret that callers send. */
export function token(text: string): string {
  if (text.length >= 16 && /^[\x21-\x7e]+$/u.test(text)) return text;
  throw new Error('must be at least 16 printable characters without blanks; its value is not shown here');
}

/** What stands where text was cut. */
export function mark(text: string): string {
  if (text.length <= 20) return text;
  throw new Error('must be at most 20 characters');
}

/** An address of a name server, with a port or without. */
export function dnsServer(text: string): string {
  const address = text.replace(/^\[?([^\]]*?)\]?(?::\d+)?$/u, '$1');
  if (isIP(address) !== 0 || isIP(text) !== 0) return text;
  throw new Error(`"${text}" is no address of a name server, such as 9.9.9.9 or 127.0.0.1:5353`);
}

/** `off`, a number of proxies, or their networks. */
export function trustedProxies(text: string): number | string[] | false {
  if (text === 'off') return false;
  if (/^\d+$/u.test(text)) return Number(text);
  const networks = list(text);
  const wrong = networks.find((each) => !isNetwork(each));
  if (wrong === undefined) return networks;
  throw new Error(`"${wrong}" is neither "off", a number of hops, nor a network such as 10.0.0.0/8`);
}

/** An address, alone or with as many leading bits as count. */
function isNetwork(text: string): boolean {
  const [address = '', bits = '1', ...more] = text.split('/');
  const most = { 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return more.length === 0 && /^\d{1,3}$/u.test(bits) && Number(bits) >= 1 && Number(bits) <= most;
}
