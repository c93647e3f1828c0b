import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { section5Pages } from '../support/section5.ts';
import { startService, type Service } from '../support/service.ts';
import { startWeb, type Web } from '../support/web.ts';

let web: Web;
let service: Service;

beforeAll(async () => {
  web = await startWeb();
  web.page('/post', '<title>Shifting the way we co-create</title><p>Ours.</p>');
  service = await startService({ env: { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all' } });
});

afterAll(async () => {
  await service.close();
  await web.close();
});

type List = {
  readonly items: readonly {
    readonly id: string;
    readonly display: string;
    readonly source: { readonly url: string; readonly title: string };
  }[];
};

async function publicList(target: string): Promise<List['items']> {
  const response = await service.get(`/api/linkbacks?target=${encodeURIComponent(target)}`);
  return ((await response.json()) as List).items;
}

async function approve(source: string): Promise<void> {
  const response = await service.api('GET', `/api/moderation/linkbacks?q=${encodeURIComponent(source)}`);
  const { items } = (await response.json()) as List;
  const id = items[0]?.id ?? '';
  expect(
    (await service.api('PATCH', `/api/moderation/linkbacks/${id}`, { moderation: 'approved' })).status,
  ).toBe(200);
}

describe('the life of a pingback', () => {
  const pages = section5Pages('http://target.invalid/');

  it.each(pages.map((each) => each.name))(
    'turns the page "%s" into its entry, character for character',
    async (name) => {
      const target = web.url(`/post?for=${encodeURIComponent(name)}`);
      const page = section5Pages(target).find((each) => each.name === name);
      const path = `/blog/${encodeURIComponent(name)}`;
      web.page(path, page?.html ?? '');
      expect(await service.ping(web.url(path), target)).toMatch(
        /^The pingback is verified and registered\. Its status: http/u,
      );
      expect(await publicList(target)).toEqual([]);
      await approve(web.url(path));
      const [entry] = await publicList(target);
      expect(entry?.display).toBe(page?.display);
      expect(entry?.source.title).toBe(page?.title);
    },
  );
});
