import { CallError, refusalOf } from '../state/call.ts';

/** How often the status page is looked at, and how many times. */
const lookEveryMs = 700;
const maxLooks = 40;

/** Sends a webmention as any blog would, and gives the address of its status page. */
export async function sendPing(source: string, target: string): Promise<string> {
  const response = await fetch('webmention', {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({ source, target }),
  }).catch(() => {
    throw new CallError(0, 'The service cannot be reached.');
  });
  if (!response.ok) throw await refusalOf(response);
  return response.headers.get('location') ?? '';
}

/** Waits until the status page knows what became of a ping, and says it in a sentence. */
export async function awaitVerdict(status: string): Promise<string> {
  // The page reaches the service by its own name, which need not be the public one.
  const id = status.split('/').at(-1) ?? '';
  for (let look = 0; look < maxLooks; look += 1) {
    const response = await fetch(`status/${encodeURIComponent(id)}`, {
      headers: { accept: 'application/json' },
    });
    if (!response.ok) throw await refusalOf(response);
    const said = (await response.json()) as { readonly status: string; readonly detail: string };
    if (said.status === 'verified') return 'The link is there. Look into the list.';
    if (said.status !== 'queued') return said.detail;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  return 'This takes longer than usual. It is tried again by itself, and appears here.';
}
