import { describe, expect, it } from 'vitest';
import { readText } from '../../src/web/text.ts';
import { target } from '../support/reading.ts';

const isWanted = (href: URL): boolean => href.href === target;
const linksIn = (text: string, isJson = false) => readText(text, isJson, isWanted).links;

// Spec: Webmention 3.2.2.
describe('an address in plain text', () => {
  it.each([
    ['alone', target, ''],
    ['at the end of a clause', `See ${target}; or not`, '; or not'],
    ['in brackets', `(${target})`, ')'],
    ['in brackets, at the end', `A post (see ${target}).`, ').'],
    ['in Markdown', `[a post](${target})`, ')'],
    ['in angle brackets', `<${target}>`, '>'],
    ['in quotes', `"${target}"`, '"'],
    ['in curly quotes', `“${target}”`, '”'],
    ['before a comma', `${target}, they say`, ', they say'],
    ['before an exclamation', `${target}!?!`, '!?!'],
    ['among Japanese words', `この${target}を読む`, 'を読む'],
    ['on a line of its own', `one\n${target}\ntwo`, ''],
  ])('is found %s', (_, text, after) => {
    const [found] = linksIn(text);
    expect(found).toMatchObject({ element: 'text', href: target, text: target, inContent: true, rel: [] });
    expect(found?.after).toBe(after);
  });

  // Found by damaging pages at random: the URL parser passes over controls at the end.
  it('shows no control characters that stand in it', () => {
    expect(linksIn(`See ${target}\u0002\u001b and more`)[0]?.text).toBe(target);
  });

  it('keeps the marks that belong to it', () => {
    const wanted = 'https://target.example/wiki/Post_(2020)';
    const find = (text: string): string | undefined =>
      readText(text, false, (href) => href.href === wanted).links[0]?.text;
    expect(find(`See ${wanted}`)).toBe(wanted);
    expect(find(`(See ${wanted}).`)).toBe(wanted);
  });

  it.each([
    ['as a part of another', `${target}more`],
    ['behind another scheme', `ftp${target.slice(5)}`],
    ['without its scheme', 'target.example/2020/01/02/post/'],
    ['in pieces', target.replace('post', 'po st')],
  ])('is not found %s', (_, text) => {
    expect(linksIn(text)).toEqual([]);
  });

  it('has its line for a paragraph', () => {
    expect(linksIn(`one\ntwo  three\u202e ${target} four\u0007\nfive`)[0]).toMatchObject({
      before: 'two three ',
      after: ' four',
      position: 16,
    });
  });

  it('has no endless paragraph', () => {
    const [found] = linksIn(`${'a'.repeat(50_000)} ${target} ${'b'.repeat(50_000)}`);
    expect(found?.before.length).toBeLessThanOrEqual(2000);
    expect(found?.after.length).toBeLessThanOrEqual(2000);
  });

  it('is told apart twenty times, and no more', () => {
    expect(linksIn(`${target} `.repeat(100))).toHaveLength(20);
  });

  it.each([
    ['dots that end no sentence', `http://a${'.'.repeat(1_000_000)}x`],
    ['one endless address', `http://${'a'.repeat(1_000_000)}`],
    ['addresses by the thousand', 'http://a/ '.repeat(100_000)],
    ['addresses without blanks', 'http://'.repeat(140_000)],
    ['brackets by the million', `http://${')'.repeat(1_000_000)}`],
    ['words of another script', `http://a/${'語'.repeat(300_000)}`],
  ])('takes no time to miss among %s', (_, text) => {
    const startedAt = performance.now();
    expect(linksIn(text)).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });
});

describe('an address in JSON', () => {
  it('shows no control characters that stand in it, and has an end', () => {
    const json = JSON.stringify({ url: `\t${target.replace('post', `po\n${'\t'.repeat(5000)}st`)}\u0000 ` });
    const [found] = linksIn(json, true);
    expect(found?.href).toBe(target);
    expect(found?.text).toBe(`${target.slice(0, target.indexOf('post'))}po`);
    expect(linksIn(JSON.stringify({ url: target + '\u0001'.repeat(10_000) }), true)).toEqual([]);
  });

  it.each([
    ['a value', JSON.stringify({ url: target })],
    ['the whole', JSON.stringify(target)],
    ['in a list', JSON.stringify([['x', target]])],
    ['deep', JSON.stringify({ a: [{ b: { c: target } }] })],
    ['escaped', `{"a":"https:\\/\\/target.example\\/2020\\/01\\/02\\/post\\/"}`],
    ['beside the names of prototypes', `{"__proto__":{"a":1},"constructor":"${target}"}`],
  ])('is found as %s', (_, json) => {
    expect(linksIn(json, true)).toMatchObject([{ element: 'json', href: target, before: '', after: '' }]);
  });

  it.each([
    ['a name', JSON.stringify({ [target]: 'x' })],
    ['a part of a value', JSON.stringify({ a: `See ${target}` })],
    ['too deep', `${'['.repeat(70)}"${target}"${']'.repeat(70)}`],
    ['in what is no JSON', `{"a":"${target}",}`],
    ['in what is cut off', `{"a":"${target}","b":"unfin`],
  ])('is not found as %s', (_, json) => {
    expect(linksIn(json, true)).toEqual([]);
  });

  it('has the first name or title for a title', () => {
    expect(readText('{"a":{"title":"One"},"name":"Two"}', true, isWanted).title).toBe('One');
    expect(readText('[{"name":["One","Two"]}]', true, isWanted).title).toBe('One');
    expect(readText('{"name":5}', true, isWanted).title).toBe('');
  });

  it('does not end the reader, however deep', () => {
    expect(linksIn('['.repeat(500_000), true)).toEqual([]);
    expect(linksIn(`${'['.repeat(200_000)}${']'.repeat(200_000)}`, true)).toEqual([]);
    expect(linksIn(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, true)).toEqual([]);
  });
});
