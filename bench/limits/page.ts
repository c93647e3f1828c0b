import { Resolver } from 'node:dns';
import { Parser } from 'htmlparser2';
import { Agent, request } from 'undici';

/** What a verification cannot do without: the page, read once for its title and the link. */
export type ReadPage = (
  source: string,
  target: string,
) => Promise<{ readonly title: string; readonly text: string }>;

/** The least code that fetches a page by its name and finds a link, with the service's libraries. */
export function makeReadPage(dns: string): ReadPage {
  const resolver = new Resolver();
  resolver.setServers([dns]);
  const dispatcher = new Agent({
    connect: {
      lookup: (host, _options, callback) => {
        resolver.resolve4(host, (error, addresses: readonly string[] | undefined) =>
          callback(error, [{ address: addresses?.[0] ?? '', family: 4 }], 4),
        );
      },
    },
    keepAliveTimeout: 1,
  });
  return async (source, target) => {
    const { body } = await request(source, { dispatcher });
    const html = await body.text();
    let title = '';
    let text = '';
    const seen = { isTitle: false, isFound: false };
    const parser = new Parser(
      {
        onopentag: (name, attributes) => {
          seen.isTitle = name === 'title';
          seen.isFound ||= name === 'a' && attributes['href'] === target;
        },
        ontext: (part) => {
          if (seen.isTitle) title += part;
          else if (!seen.isFound) text = part;
        },
        onclosetag: () => (seen.isTitle = false),
      },
      { decodeEntities: true },
    );
    parser.end(html);
    if (!seen.isFound) throw new Error(`${source} does not link to ${target}`);
    return { title, text };
  };
}
