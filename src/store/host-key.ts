/** A host written backwards and ended by a dot, so that all hosts below it begin with the same letters. */
export function hostKey(host: string): string {
  return `${host.split('').reverse().join('')}.`;
}

/** The keys of a host and of all hosts below it: from the first one to just before the last. */
export function hostRange(host: string): readonly [string, string] {
  const key = hostKey(host);
  // What follows the dot in ASCII.
  return [key, `${key.slice(0, -1)}/`];
}
