/** Leaves out what XML has no way to say: most control characters, two noncharacters, lone surrogates. */
export function sayableInXml(text: string): string {
  // eslint-disable-next-line no-control-regex -- naming them is the point
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu, '');
}
