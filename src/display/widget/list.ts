/** A page of the server's list. */
export type ListPage = {
  readonly items: readonly Element[];
  /** Where the following page begins; empty when there is none. */
  readonly after: string;
  /** The event that the list was read after. */
  readonly event: string;
};

const timeoutMs = 15_000;

/**
 * Fetches a page of the list as a document.
 *
 * The browser parses it by itself: nothing here makes HTML of text, so pages that demand trusted types need no
 * exception for us, and nothing in it can run.
 */
export function fetchPage(url: string): Promise<ListPage> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('GET', url);
    request.responseType = 'document';
    request.timeout = timeoutMs;
    request.onload = () => {
      const list = request.status === 200 ? request.responseXML?.querySelector('ol') : null;
      if (!list) {
        reject(new Error(`${request.status}`));
        return;
      }
      const links = request.getResponseHeader('link') ?? '';
      resolve({
        items: [...list.querySelectorAll(':scope > li')],
        after: afterOf(links, 'next'),
        event: afterOf(links, 'monitor'),
      });
    };
    request.onerror = request.ontimeout = () => reject(new Error(request.statusText));
    request.send();
  });
}

/** What a link of the answer names as its `after`. */
function afterOf(links: string, relation: string): string {
  const link = links.split(', <').find((each) => each.endsWith(`; rel="${relation}"`));
  return new URLSearchParams(link?.replace(/^[^?]*\?|>.*/gu, '')).get('after') ?? '';
}

/** The texts of what is shown: a new text is shown anew, the same one keeps its element, and the focus in it. */
const shownAs = new WeakMap<Element, string>();

/** Makes a list show these items, and gives those that were not there; `prepare` sees each before it is shown. */
export function showItems(
  list: Element,
  items: readonly Element[],
  prepare: (item: Element) => void,
): readonly Element[] {
  const before = new Map([...list.children].map((each) => [each.id, each]));
  const fresh: Element[] = [];
  let place = list.firstElementChild;
  for (const item of joinRows(items)) {
    const text = item.outerHTML;
    const old = before.get(item.id);
    const isSame = old !== undefined && shownAs.get(old) === text;
    if (!old) fresh.push(item);
    if (!isSame) {
      shownAs.set(item, text);
      prepare(item);
    }
    const shown = isSame ? old : item;
    if (shown === place) place = shown.nextElementSibling;
    else list.insertBefore(shown, place);
  }
  while (place) {
    const next: Element | null = place.nextElementSibling;
    place.remove();
    place = next;
  }
  return fresh;
}

const elements = /^(?:a|article|cite|data|div|footer|li|p|span|time)$/u;
const attributes = ['id', 'class', 'href', 'rel', 'lang', 'dir', 'datetime', 'value'];

/** Makes of an element one of this document: only what the list is made of, and nothing that could run. */
function copyOf(element: Element): Element {
  const copy = document.createElement(element.localName);
  for (const name of attributes) {
    const value = element.getAttribute(name);
    if (value !== null && (name !== 'href' || /^https?:/u.test(value))) copy.setAttribute(name, value);
  }
  for (const child of element.childNodes) {
    if (child instanceof Text) copy.append(child.data);
    else if (child instanceof Element && elements.test(child.localName)) copy.append(copyOf(child));
  }
  return copy;
}

/** Takes items into this document. A row that goes on in a following page of the list is one row here, with its class for an id. */
function joinRows(items: readonly Element[]): readonly Element[] {
  const all = new Map<string, Element>();
  for (const each of items) {
    const item = copyOf(each);
    item.id ||= item.className;
    const row = all.get(item.id);
    if (row) row.append(',\n', ...item.querySelectorAll(':scope > .h-cite'));
    else all.set(item.id, item);
  }
  return [...all.values()];
}
