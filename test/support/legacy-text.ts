/** Text in the bytes of charsets from before UTF-8, worked out from what Node itself decodes. */

const tables = new Map<string, ReadonlyMap<string, readonly number[]>>();

/** Encodes text; a character that the charset does not have is an error of the test. */
export function encodeText(label: string, text: string): Buffer<ArrayBuffer> {
  if (label === 'utf-8') return Buffer.from(text);
  if (label === 'iso-2022-jp') return encodeIso2022(text);
  const known = tables.get(label) ?? tableOf(label);
  tables.set(label, known);
  return Buffer.from(
    Array.from(text).flatMap((character) => {
      const bytes = known.get(character);
      if (bytes === undefined) throw new Error(`${label} has no "${character}"`);
      return [...bytes];
    }),
  );
}

function tableOf(label: string): ReadonlyMap<string, readonly number[]> {
  const decoder = new TextDecoder(label);
  const table = new Map<string, readonly number[]>();
  const note = (...bytes: number[]): void => {
    const character = decoder.decode(Uint8Array.from(bytes));
    const isOne = Array.from(character).length === 1 && character !== '\ufffd';
    if (isOne && !table.has(character)) table.set(character, bytes);
  };
  for (let byte = 0; byte < 256; byte += 1) note(byte);
  for (let lead = 0x81; lead < 0xff; lead += 1) {
    for (let trail = 0x40; trail < 0xff; trail += 1) note(lead, trail);
  }
  return table;
}

/** JIS with its escape sequences: EUC-JP's two bytes with their high bits off. */
function encodeIso2022(text: string): Buffer<ArrayBuffer> {
  const runs = text.match(/\p{ASCII}+|\P{ASCII}+/gu) ?? [];
  return Buffer.concat(
    runs.map((run) => {
      if (/^\p{ASCII}/u.test(run)) return Buffer.from(run);
      const jis = encodeText('euc-jp', run).map((byte) => byte & 0x7f);
      return Buffer.concat([Buffer.from('\u001b$B'), jis, Buffer.from('\u001b(B')]);
    }),
  );
}
