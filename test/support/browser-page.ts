import { createContext, runInContext } from 'node:vm';

export type BrowserPage = {
  /** The address the page is at. */
  readonly url: string;
  /** The element that the script writes into. */
  readonly elementId: string;
  /** The attributes of the script's own element. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly fetch: (url: string) => Promise<Response>;
};

/**
 * Runs a script as a browser does in a page of one element, and gives what it wrote there.
 *
 * Only as much of a browser as widgets need that fetch once, when the page is loaded.
 */
export async function runInPage(script: string, page: BrowserPage): Promise<string> {
  const element = { innerHTML: '' };
  const listeners: (() => unknown)[] = [];
  const window = {
    location: { href: page.url },
    fetch: page.fetch,
    addEventListener: (event: string, listener: () => unknown) => {
      if (event === 'load') listeners.push(listener);
    },
  };
  const document = {
    currentScript: { getAttribute: (name: string) => page.attributes[name] ?? null },
    getElementById: (id: string) => (id === page.elementId ? element : null),
  };
  runInContext(script, createContext({ window, document, console }));
  for (const listener of listeners) await listener();
  return element.innerHTML;
}
