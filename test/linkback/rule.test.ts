import { describe, expect, it } from 'vitest';
import { decidingRule, matchesRule, ruleSentence, type Rule } from '../../src/linkback/rule.ts';
import { subjectOf } from '../../src/linkback/judge.ts';
import { buildFound, buildLinkback, buildRule } from '../support/build-linkback.ts';

const subject = subjectOf(
  buildLinkback({
    source: 'https://www.news.spam.example/a/b?c=1',
    target: 'https://blog.example/2024/post',
    facts: {
      ...buildFound().facts,
      author: { name: 'Ann Onymous', url: 'https://ann.example/', photo: null },
    },
  }),
);

const matches = (change: Partial<Rule>): boolean => matchesRule(buildRule(change), subject);

describe('a rule', () => {
  it('matches a source host and everything below it, and no other host that ends alike', () => {
    expect(matches({ sourceHost: 'spam.example' })).toBe(true);
    expect(matches({ sourceHost: 'news.spam.example' })).toBe(true);
    expect(matches({ sourceHost: 'am.example' })).toBe(false);
    expect(matches({ sourceHost: 'other.news.spam.example' })).toBe(false);
  });

  it('matches what an address starts with, whatever its scheme and with or without www.', () => {
    expect(matches({ sourcePrefix: 'http://news.spam.example/a/' })).toBe(true);
    expect(matches({ sourcePrefix: 'https://news.spam.example/b' })).toBe(false);
  });

  it('matches an author by name or address, whatever the case', () => {
    expect(matches({ author: 'ann onymous' })).toBe(true);
    expect(matches({ author: 'http://ann.example' })).toBe(true);
    expect(matches({ author: 'Ann' })).toBe(false);
    expect(matchesRule(buildRule({ author: 'Ann' }), { ...subject, author: null })).toBe(false);
  });

  it('matches a path of the target and everything below it', () => {
    expect(matches({ targetPath: '/2024' })).toBe(true);
    expect(matches({ targetPath: '/202' })).toBe(false);
  });

  it('matches a dialect, and its own site only', () => {
    expect(matches({ dialect: 'pingback' })).toBe(true);
    expect(matches({ dialect: 'webmention' })).toBe(false);
    expect(matches({ dialect: 'pingback', site: 'notes' })).toBe(false);
  });

  it('asks for all that it names', () => {
    expect(matches({ sourceHost: 'spam.example', targetPath: '/about' })).toBe(false);
  });

  it('says in a sentence what it does', () => {
    const rule = buildRule({
      action: 'reject',
      sourceHost: 'spam.example',
      dialect: 'trackback',
      note: 'casino',
    });
    expect(ruleSentence(rule)).toBe('The rule “reject what comes from spam.example, by trackback”: casino');
  });
});

describe('of several rules', () => {
  it('the strictest decides, and of equals the first', () => {
    const approve = buildRule({ id: '1', action: 'approve', sourceHost: 'spam.example' });
    const hold = buildRule({ id: '2', action: 'hold', sourceHost: 'spam.example' });
    const reject = buildRule({ id: '3', action: 'reject', sourceHost: 'spam.example' });
    const later = buildRule({ id: '4', action: 'reject', sourceHost: 'spam.example' });
    expect(decidingRule([approve, hold, reject, later], subject)).toBe(reject);
    expect(decidingRule([approve, hold], subject)).toBe(hold);
    expect(decidingRule([], subject)).toBeUndefined();
  });
});
