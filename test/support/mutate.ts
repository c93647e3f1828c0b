/** Numbers from 0 up to 1, the same ones for the same seed. */
export type Random = () => number;

/** Makes mulberry32: small, fast, and good enough to damage things with. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Damage = (
  body: Buffer,
  random: Random,
  others: readonly Uint8Array[],
  tokens: readonly Uint8Array[],
) => Buffer;

const pick = <Item>(items: readonly Item[], random: Random, otherwise: Item): Item =>
  items[Math.floor(random() * items.length)] ?? otherwise;
const upTo = (most: number, random: Random): number => Math.floor(random() * (most + 1));

const spliced = (body: Buffer, from: number, to: number, part: Uint8Array): Buffer =>
  Buffer.concat([body.subarray(0, from), part, body.subarray(to)]);

const tokensOf = (text: string): readonly Buffer[] => text.split(' ').map((token) => Buffer.from(token));

const troubleInMarkup =
  '< > & " \' / ! ? ]]> <![CDATA[ <!-- --> </ /> &#0; &#x110000; &amp; &__proto__; <fault> <value> </value> <string> ' +
  '</string> <int> <struct> <member> <name>__proto__</name> <array><data> <params/> </methodCall> <?xml?> <!DOCTYPE\u0020x>';

const troubleInForms =
  '& = ; %00 %zz %E4 % + %2B &source= &target= &url= &charset=utf-16 &charset=utf-7 %F0%9F %ED%A0%80 &__proto__=x ' +
  '[] &source[]=x &a &=& %26 %3D http:// https:// http://[::1]/ http://127.0.0.1/ javascript: \r\n \0';

const troubleInJson =
  '{ } [ ] " \\ , : null true 1e999 -0 1.5 "__proto__": "constructor":{} \\u0000 \\ud800 \\" [[[[ {"moderation":"spam"} ' +
  '"note": "moderation": "approved" ["approved"] \ufeff \0 NaN // 9007199254740993 \u2028';

/** What each kind of parser stumbles over. */
export const troublesome = {
  markup: tokensOf(troubleInMarkup),
  form: tokensOf(troubleInForms),
  json: tokensOf(troubleInJson),
} as const;

const noToken = Buffer.alloc(0);

const damages: readonly Damage[] = [
  // One bit.
  (body, random) => {
    const damaged = Buffer.from(body);
    const at = Math.floor(random() * body.length);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << upTo(7, random));
    return damaged;
  },
  // A piece cut out.
  (body, random) => {
    const from = upTo(body.length, random);
    return spliced(body, from, Math.min(body.length, from + upTo(40, random)), noToken);
  },
  // The end cut off.
  (body, random) => body.subarray(0, upTo(body.length, random)),
  // Something troublesome put in.
  (body, random, _, tokens) => {
    const at = upTo(body.length, random);
    return spliced(body, at, at, pick(tokens, random, noToken));
  },
  // A piece said twice.
  (body, random) => {
    const from = upTo(body.length, random);
    const to = Math.min(body.length, from + upTo(60, random));
    return spliced(body, to, to, body.subarray(from, to));
  },
  // The head of one, the tail of another.
  (body, random, others) => {
    const other = pick(others, random, body);
    return Buffer.concat([
      body.subarray(0, upTo(body.length, random)),
      other.subarray(upTo(other.length, random)),
    ]);
  },
  // A tag turned into another.
  (body, random) => {
    const names = ['string', 'int', 'value', 'param', 'params', 'struct', 'array', 'data', 'fault', 'name'];
    const from = pick(names, random, '');
    return Buffer.from(body.toString('latin1').replace(from, pick(names, random, '')), 'latin1');
  },
];

/** One of the bodies with one to three damages. */
export function mutateBytes(
  bodies: readonly Uint8Array[],
  random: Random,
  tokens: readonly Uint8Array[] = troublesome.markup,
): Uint8Array {
  let body: Buffer = Buffer.from(pick(bodies, random, noToken));
  for (let left = upTo(2, random); left >= 0; left -= 1) {
    body = pick(damages, random, (same) => same)(body, random, bodies, tokens);
  }
  return body;
}
