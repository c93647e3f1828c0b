/**
 * How the list looks when its page says nothing: like the page, quietly.
 *
 * Colours follow the text around it, so that it is readable on every ground. Pages change it by custom properties and
 * by `::part()`: every class of the server's list is a part.
 */
export const style = `
:host {
  display: block;
  min-height: var(--linkbacks-min-height, 8rem);
  line-height: 1.55;
  overflow-wrap: anywhere;
  --line: var(--linkbacks-line, color-mix(in srgb, currentColor 20%, transparent));
  --soft: var(--linkbacks-soft, color-mix(in srgb, currentColor 80%, transparent));
}
:host([hidden]), [hidden], :host([state=ready]) slot, :host([state=empty]) slot { display: none }
ol { list-style: none; margin: 0; padding: 0 }
li { border-top: 1px solid var(--line); padding: var(--linkbacks-gap, 1rem) 0 }
li:first-child { border: 0; padding-top: 0 }
.linkback-row + .linkback-row { border: 0; margin-top: -.9rem; padding-top: 0 }
a { color: var(--linkbacks-link, inherit); text-underline-offset: .15em }
.fn { font-style: normal; font-weight: 600; line-height: 1.35 }
.comment-metadata, .linkback-row, [part=status] { color: var(--soft); font-size: .875em }
.fn a:not(:hover, :focus-visible), .comment-metadata a:not(:hover, :focus-visible) { text-decoration: none }
p { margin: .35rem 0 0 }
button {
  background: none;
  border: 1px solid var(--line);
  border-radius: .375rem;
  color: inherit;
  cursor: pointer;
  font: inherit;
  margin-top: .75rem;
  min-height: 2.75rem;
  padding: .25rem 1.25rem;
}
button:hover { border-color: currentColor }
:focus-visible { outline: 2px solid; outline-offset: 2px }
[part~=new] { animation: new 3s }
@keyframes new { 0%, 40% { background: color-mix(in srgb, currentColor 12%, transparent) } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important } }
`;
