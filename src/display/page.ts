import { html, type Html } from './html.ts';

/** Where the pages' style sheet is, relative to the public address. */
export const stylePath = '/linkbacks.css';

/** A whole page around a body. Pages say to search engines that they are not theirs to list. */
export function page(title: string, body: Html, options: { readonly stylesheet: string }): string {
  const { html: text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="${options.stylesheet}">
</head>
<body>
${body}
</body>
</html>`;
  return text;
}
