import { html, type Html } from './html.ts';

/** Where the pages' style sheet is, relative to the public address. */
export const stylePath = '/linkbacks.css';

export type PageOptions = {
  readonly stylesheet: string;
  /** What else the page's list is to be had as. */
  readonly feeds?: readonly { readonly href: string; readonly type: string; readonly title: string }[];
};

/** A whole page around a body. Pages say to search engines that they are not theirs to list. */
export function page(title: string, body: Html, { stylesheet, feeds = [] }: PageOptions): string {
  const alternates = feeds.map(
    ({ href, type, title: name }) =>
      html`<link rel="alternate" type="${type}" title="${name}" href="${href}">\n`,
  );
  const { html: text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="${stylesheet}">
${alternates}</head>
<body>
${body}
</body>
</html>`;
  return text;
}
