import { describe, expect, it } from 'vitest';
import {
  maxClaimedExcerpt,
  maxClaimedName,
  maxClaimedTitle,
  readClaims,
  rereadClaims,
} from '../../src/web/claims.ts';
import { encodeText } from '../support/legacy-text.ts';

type Said = { readonly title?: string; readonly excerpt?: string; readonly blogName?: string };

/** Claims as a sender's software would write them, in one charset. */
function claimIn(label: string, said: Said, labels: readonly (string | undefined)[] = []) {
  const { title = '', excerpt = '', blogName = '' } = said;
  const bytes = (text: string): Uint8Array => encodeText(label, text);
  return readClaims({ title: bytes(title), excerpt: bytes(excerpt), blogName: bytes(blogName) }, labels);
}

const graphemes = (text: string): number => [...new Intl.Segmenter('und').segment(text)].length;

describe('reading claims', () => {
  it('decodes the three texts in the charset that is named, and keeps no bytes', () => {
    const said = { title: '題名', excerpt: '抜粋です。', blogName: '私のブログ' };
    expect(claimIn('shift_jis', said, ['shift_jis'])).toEqual({ ...said, bytes: null });
  });

  it('takes undeclared UTF-8 for what it is', () => {
    expect(claimIn('utf-8', { title: '題名 – “x”' })).toMatchObject({ title: '題名 – “x”', bytes: null });
  });

  it('guesses windows-1252 for the rest, and keeps the bytes for a better guess', () => {
    const claims = claimIn('windows-1252', { title: 'It’s “here”', excerpt: 'déjà vu' });
    expect(claims).toMatchObject({ title: 'It’s “here”', excerpt: 'déjà vu', blogName: '' });
    expect(claims.bytes).toEqual({
      title: Buffer.from(encodeText('windows-1252', 'It’s “here”')).toString('base64'),
      excerpt: encodeText('windows-1252', 'déjà vu').toString('base64'),
      blogName: '',
    });
  });

  it('takes no text for UTF-8 when one beside it is none', () => {
    const texts = {
      title: encodeText('utf-8', 'é'),
      excerpt: encodeText('windows-1252', 'é'),
      blogName: Buffer.alloc(0),
    };
    expect(readClaims(texts, [])).toMatchObject({ title: 'Ã©', excerpt: 'é' });
  });

  it('makes plain text of HTML, decoded once', () => {
    const said = {
      title: 'Fish &amp; Chips',
      excerpt: '<p>a &amp;lt;b&amp;gt;</p><p>c</p>',
      blogName: '&#8220;B&#8221;',
    };
    expect(claimIn('utf-8', said)).toMatchObject({
      title: 'Fish & Chips',
      excerpt: 'a &lt;b&gt; c',
      blogName: '“B”',
    });
  });

  it('cuts at characters, and marks the cut', () => {
    const family = '👨‍👩‍👧‍👦';
    const long = { title: family.repeat(300), excerpt: '語'.repeat(300), blogName: 'e\u0301'.repeat(300) };
    const { title, excerpt, blogName } = claimIn('utf-8', long);
    expect(title).toBe(`${family.repeat(maxClaimedTitle)}…`);
    expect(excerpt).toBe(`${'語'.repeat(maxClaimedExcerpt)}…`);
    expect(blogName).toBe(`${'e\u0301'.repeat(maxClaimedName)}…`);
    expect([title, excerpt, blogName].map(graphemes)).toEqual([201, 253, 101]);
  });
});

describe('reading claims once more', () => {
  it.each([
    ['shift_jis', 'Shift_JIS', '日本語の題'],
    ['gbk', 'GBK', '中文博客的标题'],
    ['euc-kr', 'EUC-KR', '한국어 제목'],
    ['windows-1251', 'windows-1251', 'Заголовок'],
    ['iso-2022-jp', 'ISO-2022-JP', '日本語の題'],
  ])('reads undeclared %s in the charset of its page', (label, encoding, title) => {
    const claims = claimIn(label, { title });
    expect(claims.title).not.toBe(title);
    expect(rereadClaims(claims, encoding)).toEqual({ ...claims, title });
  });

  it('leaves alone what was no guess', () => {
    const claims = claimIn('shift_jis', { title: '題名' }, ['shift_jis']);
    expect(rereadClaims(claims, 'GBK')).toBe(claims);
  });

  it('stays with the guess where the charset of the page makes nothing but damage of it', () => {
    const claims = claimIn('windows-1252', { title: 'It’s “here”' });
    expect(rereadClaims(claims, 'UTF-8')).toBe(claims);
  });

  it('reads UTF-8 that its sender has cut in mid-character as UTF-8', () => {
    const cut = encodeText('utf-8', '日本語の文章').subarray(0, -1);
    const claims = readClaims({ title: Buffer.alloc(0), excerpt: cut, blogName: Buffer.alloc(0) }, []);
    expect(rereadClaims(claims, 'UTF-8').excerpt).toBe('日本語の文\ufffd');
  });

  it('stays with the guess when the page is in a charset that is not decoded', () => {
    const claims = claimIn('windows-1252', { title: 'It’s' });
    expect(rereadClaims(claims, 'replacement').title).toBe('It’s');
  });
});
