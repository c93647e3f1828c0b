import { adminToken } from './service.ts';

/** How somebody says who they are: the headers of a request. */
export type Credential = Readonly<Record<string, string>>;

export type MadeToken = { readonly id: string; readonly token: string };

type At = { readonly url: string };

export function bearer(token: string): Credential {
  return { authorization: `Bearer ${token}` };
}

export const admin: Credential = bearer(adminToken);

/** A request of JSON; its answer's body is left to whoever asks. */
export function ask(
  at: At,
  who: Credential,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  return fetch(`${at.url}${path}`, {
    method,
    headers: { ...json, ...who },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: 'manual',
  });
}

/** The same, for what must succeed. */
export async function tell<Answer>(
  at: At,
  who: Credential,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await ask(at, who, method, path, body);
  if (!response.ok) throw new Error(`${method} ${path} gave ${response.status}: ${await response.text()}`);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

export type Wanted = {
  readonly scopes: readonly string[];
  readonly site?: string | null;
  readonly name?: string;
  readonly expiresAt?: string;
};

export function makeToken(at: At, { name = 'for tests', ...wanted }: Wanted): Promise<MadeToken> {
  return tell(at, admin, 'POST', '/api/tokens', { name, ...wanted });
}

/** Comes in at the page: what a browser then sends with each change. */
export async function session(at: At, token: string): Promise<Credential> {
  const response = await ask(at, {}, 'POST', '/api/session', { token });
  const { csrf } = (await response.json()) as { readonly csrf: string };
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
  return { cookie, 'x-linkbackd-csrf': csrf, origin: at.url };
}
