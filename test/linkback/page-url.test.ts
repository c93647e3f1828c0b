import { describe, expect, it } from 'vitest';
import {
  hostOf,
  isExactly,
  isWithinHost,
  lenientForm,
  liesUnder,
  maxUrlLength,
  parsePageUrl,
  type Addresses,
} from '../../src/linkback/page-url.ts';

describe('parsePageUrl', () => {
  it.each([
    'https://blog.example/',
    'HTTP://Blog.Example/a?b=c#d',
    'https://blog.example/日本語/',
    'https://bücher.example/x',
    'http://blog.example:8080',
  ])('reads %s', (text) => {
    expect(parsePageUrl(text)?.protocol).toMatch(/^https?:$/u);
  });

  it.each([
    ['', 'nothing'],
    ['blog.example/a', 'no scheme'],
    ['//blog.example/a', 'no scheme'],
    ['http:blog.example', 'no slashes'],
    ['http:///blog.example', 'three slashes'],
    ['ftp://blog.example/', 'another scheme'],
    ['javascript:alert(1)', 'another scheme'],
    ['http://user@blog.example/', 'user info'],
    ['http://user:pass@blog.example/', 'user info'],
    ['http://blog.example\\@other.example/', 'a backslash'],
    ['http://blog.example/a b', 'a blank'],
    ['http://blog.example/\u00a0', 'a no-break space'],
    ['http://blog.example/\r\nHost: x', 'a line break'],
    ['http://blog.example/\u0000', 'a control character'],
    ['http://[::1', 'a broken host'],
    [`http://blog.example/${'a'.repeat(maxUrlLength)}`, 'too long'],
    [`http://${'a.'.repeat(127)}example/`, 'a host too long'],
    [`http://blog.example/${'語'.repeat(1500)}`, 'too long when encoded'],
  ])('does not read %j: %s', (text) => {
    expect(parsePageUrl(text)).toBeUndefined();
  });
});

const addresses: Addresses = [
  new URL('https://blog.example/'),
  new URL('https://www.blog.example/'),
  new URL('http://old.example/journal/'),
];

const form = (text: string): string => lenientForm(new URL(text), addresses);

describe('lenientForm', () => {
  it.each([
    ['http for https', 'http://blog.example/post'],
    ['a default port', 'https://blog.example:443/post'],
    ['a trailing slash', 'https://blog.example/post/'],
    ['a fragment', 'https://blog.example/post#c1'],
    ['an alias', 'https://www.blog.example/post'],
    ['an alias with a path', 'https://old.example/journal/post/'],
    ['a final dot of the host', 'https://blog.example./post'],
    ['escapes of plain letters', 'https://blog.example/%70ost'],
    ['all at once', 'http://www.blog.example/%70os%74/#x'],
  ])('takes %s for the same page', (_, text) => {
    expect(form(text)).toBe(form('https://blog.example/post'));
  });

  it.each([
    ['another host', 'https://other.example/post'],
    ['a host below', 'https://a.blog.example/post'],
    ['another port', 'https://blog.example:8443/post'],
    ['the case of the path', 'https://blog.example/Post'],
    ['a query', 'https://blog.example/post?a=1'],
    ['a longer path', 'https://blog.example/post/feed'],
    ['user info', 'https://user@blog.example/post'],
    ['a path beside the alias', 'https://old.example/journals/post'],
  ])('takes %s for another page', (_, text) => {
    expect(form(text)).not.toBe(form('https://blog.example/post'));
  });

  it('keeps the order of a query', () => {
    expect(form('https://blog.example/?a=1&b=2')).not.toBe(form('https://blog.example/?b=2&a=1'));
  });

  it('tells schemes apart on ports that are not their own', () => {
    expect(form('http://blog.example:8080/')).not.toBe(form('https://blog.example:8080/'));
  });

  it('maps the roots of aliases onto each other, with and without a query', () => {
    expect(form('https://www.blog.example')).toBe(form('https://blog.example/'));
    expect(form('http://old.example/journal')).toBe(form('https://blog.example/'));
    expect(form('http://old.example/journal/?p=1')).toBe(form('https://blog.example/?p=1'));
    expect(
      lenientForm(new URL('https://a.example/?p=1'), [
        new URL('https://b.example/blog/'),
        new URL('https://a.example/'),
      ]),
    ).toBe(lenientForm(new URL('https://b.example/blog/?p=1')));
  });
});

/** Spec: Webmention 3.2.2. */
describe('isExactly', () => {
  const is = (candidate: string, target: string): boolean => isExactly(new URL(candidate), new URL(target));

  it('ignores the fragment of the link when the target has none, and only then', () => {
    expect(is('https://blog.example/a#x', 'https://blog.example/a')).toBe(true);
    expect(is('https://blog.example/a', 'https://blog.example/a#x')).toBe(false);
    expect(is('https://blog.example/a#x', 'https://blog.example/a#x')).toBe(true);
  });

  it('ignores the case of percent-encodings and nothing else', () => {
    expect(is('https://blog.example/%e6', 'https://blog.example/%E6')).toBe(true);
    expect(is('https://blog.example/a/', 'https://blog.example/a')).toBe(false);
    expect(is('http://blog.example/a', 'https://blog.example/a')).toBe(false);
  });
});

describe('hosts', () => {
  it('knows a source by its host without www and final dot', () => {
    expect(hostOf(new URL('https://www.Source.example.:8080/'))).toBe('source.example');
  });

  it('finds a host within its parent, and not within a name that only ends like it', () => {
    expect(isWithinHost('a.b.example', 'b.example')).toBe(true);
    expect(isWithinHost('b.example', 'b.example')).toBe(true);
    expect(isWithinHost('ab.example', 'b.example')).toBe(false);
  });

  it('finds a page under an address by whole path segments', () => {
    expect(liesUnder(new URL('https://a.example/blog/x'), new URL('https://a.example/blog'))).toBe(true);
    expect(liesUnder(new URL('https://a.example/blogger'), new URL('https://a.example/blog'))).toBe(false);
  });
});
