import { describe, expect, it } from 'vitest';
import type { Claims } from '../../src/linkback/claims.ts';
import { fillFromClaims } from '../../src/verify/claims.ts';
import { readDocument, type Reading } from '../../src/web/document.ts';
import { buildFound } from '../support/build-linkback.ts';
import { encodeText } from '../support/legacy-text.ts';
import { readClaims } from '../../src/web/claims.ts';

const claims: Claims = { title: 'Claimed', excerpt: 'Claimed words', blogName: 'A blog', bytes: null };
const { facts, excerpt } = buildFound();
const silence = { before: '', link: '', after: '', cutBefore: true, cutAfter: true };

/** What was read of a page that begins so. */
function read(html: string | Uint8Array): Reading {
  return readDocument({
    bytes: Uint8Array.from(Buffer.from(html)),
    isCut: false,
    contentType: 'text/html',
    url: 'https://source.example/a',
    target: 'https://blog.example/post',
    addresses: ['https://blog.example/'],
  });
}

describe('filling in what a page does not say', () => {
  const titled = read('<title>Its own</title>');
  const untitled = read('<p>No title here</p>');

  it('shows the page as it is when nobody claims anything', () => {
    const shown = { facts, excerpt };
    expect(fillFromClaims(shown, null, untitled)).toBe(shown);
  });

  it('prefers everything that the page says', () => {
    const author = { name: 'Its author', url: null, photo: null };
    const shown = { facts: { ...facts, title: 'Its own', author }, excerpt };
    expect(fillFromClaims(shown, claims, titled)).toEqual(shown);
  });

  it('takes the claimed title for a page without one, instead of its host', () => {
    expect(untitled.facts.title).toBe('source.example');
    const shown = { facts: untitled.facts, excerpt };
    expect(fillFromClaims(shown, claims, untitled).facts.title).toBe('Claimed');
    expect(fillFromClaims(shown, { ...claims, title: '' }, untitled).facts.title).toBe('source.example');
  });

  it('takes the name of the blog for a page that names no author', () => {
    const shown = { facts, excerpt };
    expect(fillFromClaims(shown, claims, titled).facts.author).toEqual({
      name: 'A blog',
      url: null,
      photo: null,
    });
    expect(fillFromClaims(shown, { ...claims, blogName: '' }, titled).facts.author.name).toBeNull();
  });

  it('takes the claimed excerpt where there are no words around the link', () => {
    const shown = { facts, excerpt: silence };
    const filled = fillFromClaims(shown, claims, titled).excerpt;
    expect(filled).toEqual({
      before: 'Claimed words',
      link: '',
      after: '',
      cutBefore: false,
      cutAfter: false,
    });
    expect(fillFromClaims(shown, { ...claims, excerpt: '' }, titled).excerpt).toBe(silence);
  });

  it('changes nothing of what else the page says', () => {
    const dated = { ...untitled.facts, publishedAt: 1000, language: 'ja' };
    const { facts: filled } = fillFromClaims({ facts: dated, excerpt }, claims, untitled);
    expect([filled.publishedAt, filled.language]).toEqual([1000, 'ja']);
  });

  it('reads claims of no known charset in the charset of the page', () => {
    const title = '日本語の題';
    const bytes = encodeText('shift_jis', title);
    const guessed = readClaims({ title: bytes, excerpt: Buffer.alloc(0), blogName: Buffer.alloc(0) }, []);
    const page = read(encodeText('shift_jis', '<meta charset="shift_jis"><p>題なし</p>'));
    expect(fillFromClaims({ facts: page.facts, excerpt }, guessed, page).facts.title).toBe(title);
  });
});
