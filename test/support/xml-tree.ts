import { SaxesParser } from 'saxes';

/** An element of a piece of XML. */
export type XmlElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The text right in it. */
  readonly text: string;
};

type Growing = XmlElement & { readonly children: XmlElement[]; text: string };

/**
 * Reads XML strictly, with its namespaces, into a tree; names have the prefixes that were written.
 *
 * Throws: for whatever is not well-formed.
 */
export function readXml(xml: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true });
  const open: Growing[] = [{ name: '', attributes: {}, children: [], text: '' }];
  const add = (text: string): void => {
    const innermost = open.at(-1);
    if (innermost !== undefined) innermost.text += text;
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const values = Object.entries(attributes).map(([key, { value }]) => [key, value] as const);
    const element = { name, attributes: Object.fromEntries(values), children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  parser.on('text', add);
  parser.on('cdata', add);
  parser.write(xml).close();
  const root = open[0]?.children[0];
  if (root === undefined) throw new Error('There is no element.');
  return root;
}

/** The elements of a name right in another. */
export const inside = (element: XmlElement, name: string): readonly XmlElement[] =>
  element.children.filter((each) => each.name === name);

/** The text of the one element of a name right in another; empty when there is none. */
export const textIn = (element: XmlElement, name: string): string => inside(element, name)[0]?.text ?? '';
