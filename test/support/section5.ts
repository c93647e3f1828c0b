/** A source page whose title and excerpt are known to the letter. */
export type DisplayPage = {
  readonly name: string;
  /** The whole page; send it as UTF-8. */
  readonly html: string;
  readonly title: string;
  /** The excerpt with its marks, in the form of WordPress. */
  readonly display: string;
};

const weNotMe = {
  title: 'Leadership Challenge #1: Creating “WE” not “ME solutions | Lead Me On',
  titleHtml: 'Leadership Challenge #1: Creating &#8220;WE&#8221; not &#8220;ME solutions | Lead Me On',
  display:
    '[…] the rub. Collective leadership creates an unwieldy, but more flexible “we” than top-down leadership, but very few of us […]',
};

const honeycomb = {
  title: 'Fits My Model | Honeycomb',
  titleHtml: 'Fits My Model | Honeycomb',
  display:
    '[…] CONNECT WITH OTHER TEACHERS! Oh yes, connection is the most important thing! Lean in, collaborate, create a coalition, communicate and share your passion. This fits my model for Honeycomb […]',
};

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

function pageOf(name: string, entry: typeof weNotMe, content: string): DisplayPage {
  const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${entry.titleHtml}</title>
</head>
<body>
${content}
</body>
</html>
`;
  return { name, html, title: entry.title, display: entry.display };
}

/** The four pages that link to `target` and are shown, letter by letter, as in a real comment list. */
export function section5Pages(target: string): readonly DisplayPage[] {
  const link = (text: string): string => `<a href="${escapeHtml(target)}">${text}</a>`;
  return [
    pageOf(
      'curly quotes as they are',
      weNotMe,
      `<p>Here’s the rub. ${link('Collective leadership')} creates an unwieldy, but more flexible “we” than top-down leadership, but very few of us understand.</p>`,
    ),
    pageOf(
      'curly quotes as references',
      weNotMe,
      `<p>Here&#8217;s the rub. ${link('Collective leadership creates')} an unwieldy, but more flexible &#8220;we&#8221; than top-down leadership, but very few of us know.</p>`,
    ),
    pageOf(
      'a paragraph with a number',
      honeycomb,
      `<p>3. CONNECT WITH OTHER TEACHERS! Oh yes, connection is the most important thing! Lean in, ${link('collaborate, create a coalition')}, communicate and share your passion. This fits my model for Honeycomb Leadership.</p>`,
    ),
    pageOf(
      'a list item with bold words',
      honeycomb,
      `<ol><li><strong>5. CONNECT WITH OTHER TEACHERS!</strong> Oh yes, connection is the most important thing! Lean in, ${link('collaborate')}, create a coalition, communicate and share your passion. This fits my model for Honeycomb leadership.</li></ol>`,
    ),
  ];
}
