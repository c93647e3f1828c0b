import { waitUntil } from './wait.ts';

/** An event as a browser would dispatch it. */
export type ServerEvent = { readonly id: string; readonly event: string; readonly data: string };

/** Somebody who listens to a stream of server-sent events. */
export type Listener = {
  readonly status: number;
  readonly headers: Headers;
  /** What came, as it came. */
  readonly text: () => string;
  readonly events: () => readonly ServerEvent[];
  /** The id that a browser would come back with. */
  readonly lastId: () => string;
  /** Resolves with the events once there are so many. */
  readonly wait: (count: number) => Promise<readonly ServerEvent[]>;
  /** Resolves when the stream has ended, by whomever. */
  readonly ended: Promise<void>;
  readonly close: () => void;
};

/** Opens a stream and resolves with the head of the answer. Spec: HTML, server-sent events. */
export async function listenTo(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Listener> {
  const controller = new AbortController();
  const response = await fetch(url, { headers, signal: controller.signal });
  let text = '';
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    const body: AsyncIterable<Uint8Array> | null = response.body;
    for await (const chunk of body ?? []) text += decoder.decode(chunk, { stream: true });
  };
  const ended = read().catch(() => undefined);
  const events = (): readonly ServerEvent[] => readEvents(text).filter(({ data }) => data !== '');
  return {
    status: response.status,
    headers: response.headers,
    text: () => text,
    events,
    lastId: () => readEvents(text).at(-1)?.id ?? '',
    wait: (count) =>
      waitUntil(() => events().length >= count && events(), { what: `${count} events, having ${text}` }),
    ended,
    close: () => controller.abort(),
  };
}

function readEvents(text: string): readonly ServerEvent[] {
  let id = '';
  const blocks = text.split('\n\n').slice(0, -1);
  return blocks.map((block) => {
    let [event, data] = ['message', ''];
    for (const line of block.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*): ?(.*)$/u.exec(line) ?? [];
      if (field === 'id') id = value;
      if (field === 'event') event = value;
      if (field === 'data') data += value;
    }
    return { id, event, data };
  });
}
