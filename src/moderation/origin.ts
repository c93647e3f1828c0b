import type { FastifyRequest } from 'fastify';

type Asking = Pick<FastifyRequest, 'headers' | 'protocol' | 'host'>;

/**
 * Whether a browser says that the page which sends this is ours.
 *
 * Browsers that say it by `Sec-Fetch-Site` are believed; the others, and all of them on plain http, name the page's
 * origin: it is ours when it is the public address's, or the one that was called.
 */
export function isOurPage(request: Asking, baseUrl: string): boolean {
  const { 'sec-fetch-site': site, origin } = request.headers;
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && isOurOrigin(origin, request, baseUrl);
}

/** Whether a browser says that another page sends this; programs that are no browsers say nothing. */
export function isForeignPage(request: Asking, baseUrl: string): boolean {
  const { 'sec-fetch-site': site, origin } = request.headers;
  return (site !== undefined || origin !== undefined) && !isOurPage(request, baseUrl);
}

function isOurOrigin(origin: string, { protocol, host }: Asking, baseUrl: string): boolean {
  return origin === new URL(baseUrl).origin || origin === `${protocol}://${host}`;
}
