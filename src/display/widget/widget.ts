import { fetchPage, showItems, type ListPage } from './list.ts';
import { style } from './style.ts';

/** Where the service is: beside this script, wherever that came from. */
const script =
  document.currentScript ?? document.querySelector('script[src$="/widget.js"], script[src="widget.js"]');
const service = script instanceof HTMLScriptElement ? script.src : document.baseURI;

/** What the element says; an attribute `text-loading` and so on says it in the page's language. */
const words = {
  loading: 'Loading linkbacks…',
  empty: 'No linkbacks yet',
  failed: 'The linkbacks could not be loaded.',
  retry: 'Try again',
  more: 'More linkbacks',
} as const;

/** Parameters of the list that are attributes of the element, as they are. */
const parameters = ['target', 'site', 'type', 'order', 'limit'];

/** How soon a change shows, in milliseconds: several at once are one, and not all readers ask at once. */
const soonMs = 200;
const spreadMs = 800;

const sheet = new CSSStyleSheet();
sheet.replaceSync(style);

type State = 'loading' | 'ready' | 'empty' | 'failed';

/**
 * `<link-backs>`: the list of a page's linkbacks, in the page itself.
 *
 * What stands in the element, such as a link to the list's own page, shows until there is a list, and when there is no
 * script or no server.
 */
class LinkBacks extends HTMLElement {
  static readonly observedAttributes = parameters;

  readonly #list = make('ol', 'list');
  readonly #status = make('p', 'status');
  readonly #button = make('button', 'more');
  #pages: readonly ListPage[] = [];
  /** How many pages of the list are to be shown. */
  #wanted = 1;
  #stream: EventSource | undefined;
  #soon = 0;
  /** Each load ends the one before: an answer that comes too late is nobody's. */
  #turn = 0;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [sheet];
    // A list without bullets is none to some browsers.
    this.#list.role = 'list';
    this.#status.role = 'status';
    this.#button.type = 'button';
    this.#button.hidden = true;
    this.#button.onclick = () => this.#more();
    shadow.append(this.#list, document.createElement('slot'), this.#status, this.#button);
  }

  connectedCallback(): void {
    document.addEventListener('visibilitychange', this.#watch);
    void this.#load();
  }

  disconnectedCallback(): void {
    document.removeEventListener('visibilitychange', this.#watch);
    this.#unlisten();
    this.#turn++;
  }

  attributeChangedCallback(): void {
    if (!this.isConnected || !this.#turn) return;
    this.#unlisten();
    void this.#load();
  }

  /** The address of something of the service's, about what this element shows. */
  #address(path: string, more: Readonly<Record<string, string>> = {}): string {
    const url = new URL(path, service);
    for (const name of parameters) {
      const value = this.getAttribute(name);
      if (value)
        url.searchParams.set(name, name === 'target' ? new URL(value, document.baseURI).href : value);
    }
    if (!this.hasAttribute('target') && !this.hasAttribute('site'))
      url.searchParams.set('target', pageAddress());
    for (const name in more) url.searchParams.set(name, more[name] ?? '');
    return url.href;
  }

  /** Loads the list from its start, as many pages of it as are wanted. What is shown stays until then. */
  async #load(isAsked = false): Promise<void> {
    const turn = ++this.#turn;
    if (!this.#pages.length) this.#say('loading');
    try {
      const pages: ListPage[] = [];
      do pages.push(await this.#fetch(pages.at(-1)?.after));
      while (pages.at(-1)?.after && pages.length < this.#wanted);
      if (turn !== this.#turn) return;
      this.#show(pages, isAsked);
      this.#listen();
    } catch {
      if (turn !== this.#turn) return;
      this.#wanted = this.#pages.length || 1;
      if (!this.#pages.length) this.#say('failed');
      else if (isAsked) this.#write(this.#status, 'failed');
    }
  }

  #fetch(after = ''): Promise<ListPage> {
    return fetchPage(this.#address('linkbacks.html', { fresh: 'true', ...(after && { after }) }));
  }

  /** Goes on: to the following page of the list, or to another try. */
  #more(): void {
    if (this.#pages.length) this.#wanted = this.#pages.length + 1;
    void this.#load(true);
  }

  #show(pages: readonly ListPage[], isAsked: boolean): void {
    const isFirst = !this.#pages.length;
    const items = pages.flatMap((page) => page.items);
    this.#pages = pages;
    this.#say(items.length ? 'ready' : 'empty');
    const fresh = showItems(this.#list, items, (item) => this.#prepare(item));
    if (isFirst) return;
    if (isAsked) fresh[0]?.querySelector('a')?.focus();
    else for (const each of fresh) each.part.add('new');
  }

  /** Makes classes parts, and dates and labels those of the page's language. */
  #prepare(item: Element): void {
    for (const each of [item, ...item.querySelectorAll('[class]')]) each.part.value = each.className;
    const language = this.closest('[lang]')?.getAttribute('lang') || navigator.language;
    for (const time of item.querySelectorAll('time')) {
      time.textContent = new Date(time.dateTime).toLocaleDateString(language, { dateStyle: 'long' });
      time.lang = language;
    }
    const label = item.querySelector('.linkback-row-label');
    const own = this.getAttribute(`text-${item.className.split(' ').at(-2) ?? ''}`);
    if (!label || own === null) return;
    label.textContent = own;
    label.removeAttribute('lang');
  }

  #say(state: State): void {
    this.setAttribute('state', state);
    const isFailed = state === 'failed';
    if (state === 'ready') this.#status.textContent = '';
    else this.#write(this.#status, state);
    this.#button.hidden = !isFailed && !this.#pages.at(-1)?.after;
    this.#write(this.#button, isFailed ? 'retry' : 'more');
  }

  #write(element: HTMLElement, word: keyof typeof words): void {
    const own = this.getAttribute(`text-${word}`);
    element.textContent = own ?? words[word];
    if (own === null) element.lang = 'en';
    else element.removeAttribute('lang');
  }

  /** Follows what happens after the list that is shown, while somebody looks. */
  #listen(): void {
    if (this.#stream || document.hidden || this.getAttribute('live') === 'off') return;
    this.#stream = new EventSource(this.#address('api/live', { after: this.#pages[0]?.event ?? '' }));
    for (const event of ['approved', 'updated', 'removed', 'missed'])
      this.#stream.addEventListener(event, this.#refresh);
  }

  #unlisten(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }

  /** What happened while nobody looked is told when somebody looks again. */
  readonly #watch = (): void => {
    if (document.hidden) this.#unlisten();
    else if (this.#pages.length) this.#listen();
  };

  readonly #refresh = (): void => {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.#load(), soonMs + Math.random() * spreadMs);
  };
}

/** The address by which the page wants to be known. */
function pageAddress(): string {
  const canonical = document.querySelector<HTMLLinkElement>('link[rel~=canonical]');
  return canonical?.href || location.href;
}

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  part: string,
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.part.value = part;
  return element;
}

if (!customElements.get('link-backs')) customElements.define('link-backs', LinkBacks);
