/** The plainest page that links to `target`, with words around the link. */
export function linkingPage(target: string, title = 'A page that links'): string {
  const href = target.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<!doctype html><meta charset="utf-8"><title>${title}</title><p>Some words before <a href="${href}">the link</a> and some words after.</p>`;
}
