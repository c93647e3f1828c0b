import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mention, shownAt, type Entry } from '../support/announce.ts';
import { encodeText } from '../support/legacy-text.ts';
import { startService, type Service } from '../support/service.ts';
import { startWeb, type Answer, type Web } from '../support/web.ts';

let web: Web;
let service: Service;

beforeAll(async () => {
  web = await startWeb();
  web.page('/post', '<title>Ours</title>');
  service = await startService({ env: { SITES: `blog=http://${web.host}/`, POLICY: 'approve-all' } });
});

afterAll(async () => {
  await service.close();
  await web.close();
});

/** A page in each charset: what its link says, and a line without blanks that is longer than any excerpt. */
const pages = [
  [
    'shift_jis',
    '日本語の題名とソース',
    'この文章は、表示できない文字や能力のない予定表のソースを含みます。',
    'リンク',
  ],
  ['euc-jp', '日本語の題名', 'この文章は、文字の途中で切ってはならないものです。', 'リンク'],
  ['iso-2022-jp', '日本語の題名', 'この文章は、文字の途中で切ってはならないものです。', 'リンク'],
  [
    'gbk',
    '中文博客的标题“引号”',
    '这段文字没有空格，所以不能在字符中间截断，而应当在词的边界处截断。',
    '链接',
  ],
  ['big5', '中文部落格的標題', '這段文字沒有空格，所以不能在字元中間截斷。許功蓋', '連結'],
  ['euc-kr', '한국어 블로그의 제목', '이 문장은 글자 중간에서 잘리면 안 되는 문장입니다. ', '링크'],
  [
    'windows-1251',
    'Заголовок на русском языке',
    'Это предложение нельзя обрывать посреди слова или буквы. ',
    'ссылка',
  ],
  [
    'windows-1252',
    'It’s a “curly” title – déjà vu…',
    'Voilà une phrase “française” – qu’on ne coupe pas au hasard… ',
    'le lien',
  ],
] as const;

type Label = (typeof pages)[number][0];

/** How a page may say its charset; ISO-8859-1 on the label means windows-1252 in the bytes. */
const declarations = {
  header: (label: string) => ({ type: `text/html; charset=${label}`, head: '' }),
  meta: (label: string) => ({ type: 'text/html', head: `<meta charset="${label}">` }),
  'http-equiv': (label: string) => ({
    type: 'text/html',
    head: `<meta http-equiv="Content-Type" content="text/html; charset=${label}">`,
  }),
} as const;
type Declaration = keyof typeof declarations;

function pageIn(label: Label, declaration: Declaration, to: string): Answer {
  const [, title, words, link] = pages.find(([each]) => each === label) ?? pages[0];
  const called = label === 'windows-1252' ? 'iso-8859-1' : label === 'gbk' ? 'gb2312' : label;
  const { type, head } = declarations[declaration](called);
  const long = words.repeat(8);
  return {
    headers: { 'content-type': type },
    body: encodeText(label, `${head}<title>${title}</title><p>${long}<a href="${to}">${link}</a>${long}</p>`),
  };
}

function expectWhole(entry: Entry | undefined, label: Label): void {
  const [, title, words, link] = pages.find(([each]) => each === label) ?? pages[0];
  const { before = '', link: linked, after = '' } = entry?.excerpt ?? {};
  const long = words.repeat(8).trim();
  expect(entry?.source.title).toBe(title);
  expect(linked).toBe(link);
  expect(long.endsWith(before.trim())).toBe(true);
  expect(long.startsWith(after.trim())).toBe(true);
  for (const side of [before, after]) {
    expect(side.isWellFormed()).toBe(true);
    expect(side).not.toMatch(/\ufffd/u);
    const length = Array.from(side.trim()).length;
    expect(length).toBeGreaterThan(60);
    expect(length).toBeLessThanOrEqual(100);
  }
}

describe.each(Object.keys(declarations) as Declaration[])('a page that says its charset by %s', (how) => {
  it.each(pages.map(([label]) => label))(
    'is quoted right when it is in %s, by any dialect',
    async (label) => {
      const byPingback = web.url(`/post?by=pingback&in=${label}&how=${how}`);
      const path = `/page/${how}/${label}`;
      web.page(path, pageIn(label, how, byPingback.replaceAll('&', '&amp;')));
      expect(await service.ping(web.url(path), byPingback)).toMatch(/verified/u);
      expectWhole((await shownAt(service, byPingback))[0], label);

      const byWebmention = web.url(`/post?by=webmention&in=${label}&how=${how}`);
      web.page(path, pageIn(label, how, byWebmention.replaceAll('&', '&amp;')));
      expect(await mention(service, web.url(path), byWebmention)).toMatchObject({ status: 'verified' });
      expectWhole((await shownAt(service, byWebmention))[0], label);
    },
  );
});

describe('the list that readers see', () => {
  it('is in UTF-8 whatever its sources are in', async () => {
    const to = web.url('/post?all');
    for (const [label] of pages) {
      web.page(`/all/${label}`, pageIn(label, 'meta', to));
      await mention(service, web.url(`/all/${label}`), to);
    }
    const response = await service.get(`/linkbacks.html?target=${encodeURIComponent(to)}`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const list = new TextDecoder('utf-8', { fatal: true }).decode(await response.arrayBuffer());
    for (const [, title, , link] of pages) {
      expect(list).toContain(`>${title}<`);
      expect(list).toContain(`>${link}</a>`);
    }
    expect(list).not.toContain('\ufffd');
  });
});
