/** JSON that is safe even inside a script element. */
export function safeJson(value: unknown): string {
  return safeInScript(JSON.stringify(value));
}

/** The same for what is JSON already: what could end the element stands in its strings only. */
export function safeInScript(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
