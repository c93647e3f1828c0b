import { postForm, type Fields } from './forms.ts';
import type { Service } from './service.ts';
import { waitUntil } from './wait.ts';

/** Where a service listens; that is all a stranger knows of it. */
export type At = Pick<Service, 'url'>;

export type Status = {
  readonly status: 'queued' | 'verified' | 'refused' | 'gone';
  readonly reason: string | null;
  readonly detail: string;
  readonly source: string;
  readonly target: string;
  readonly checkedAt: string | null;
};

/** A public linkback; the parts that tests look at. */
export type Entry = {
  readonly id: string;
  readonly type: string;
  readonly protocol: string;
  readonly protocols: readonly string[];
  readonly source: {
    readonly url: string;
    readonly title: string;
    readonly author: { readonly name: string | null; readonly url: string | null };
  };
  readonly target: string;
  readonly fragment: string | null;
  readonly excerpt: { readonly before: string; readonly link: string; readonly after: string };
  readonly display: string;
};

export function sendWebmention(
  { url }: At,
  source: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const fields: Fields = [
    ['source', source],
    ['target', target],
  ];
  return postForm(`${url}/webmention`, fields, headers);
}

/** Sends a TrackBack ping to the ping URL of a page of a site. */
export function sendTrackback({ url }: At, target: string, fields: Fields, site = 'blog'): Promise<Response> {
  const { pathname, search } = new URL(target);
  return postForm(`${url}/trackback/${site}${pathname}${search}`, fields);
}

/** What a status page says, once it says `status`; without one, once it is more than "queued". */
export function statusOf(location: string, status?: Status['status']): Promise<Status> {
  return waitUntil(
    async () => {
      const response = await fetch(location, { headers: { accept: 'application/json' } });
      const found = (await response.json()) as Status;
      return (status === undefined ? found.status !== 'queued' : found.status === status) && found;
    },
    { what: `a status of ${status ?? 'more than queued'} at ${location}` },
  );
}

/** Sends a webmention that is taken, and gives what became of it. */
export async function mention(at: At, source: string, target: string): Promise<Status> {
  const response = await sendWebmention(at, source, target);
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  return statusOf(response.headers.get('location') ?? '');
}

/** What everybody may read of the linkbacks of a page. */
export async function shownAt({ url }: At, target: string): Promise<readonly Entry[]> {
  const response = await fetch(`${url}/api/linkbacks?target=${encodeURIComponent(target)}`);
  return ((await response.json()) as { readonly items: readonly Entry[] }).items;
}
