/** Text that is HTML already; everything else is escaped when it is put into HTML. */
export type Html = { readonly html: string };

type Insert = Html | readonly Html[] | string | number | null;

/**
 * Builds HTML from a template: what is inserted is escaped once, here and nowhere else, unless it is {@link Html}.
 *
 * Inserts stand in text or in double-quoted attribute values, never in scripts, styles or tag names.
 */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return { html: strings.map((string, at) => string + rendered(inserts[at] ?? null)).join('') };
}

function rendered(insert: Insert): string {
  if (insert === null) return '';
  if (typeof insert !== 'object') return escapeHtml(String(insert));
  return 'html' in insert ? insert.html : joined(insert, '').html;
}

/** Pieces of HTML with a text between each two. */
export function joined(pieces: readonly Html[], separator: string): Html {
  return { html: pieces.map((each) => each.html).join(escapeHtml(separator)) };
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => references[character] ?? '');
}
