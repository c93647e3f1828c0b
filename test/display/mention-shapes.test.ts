import { describe, expect, it } from 'vitest';
import { parseSince, sitesAt } from '../../src/display/mention-query.ts';
import { toCounts, toDeleted, toEntry, toLink } from '../../src/display/mention-shapes.ts';
import type { Linkback, LinkbackType, PageFacts } from '../../src/linkback/linkback.ts';
import type { Mention } from '../../src/linkback/ports.ts';
import { buildSite, buildVerified } from '../support/build-linkback.ts';

const publishedAt = Date.UTC(2026, 2, 2, 9, 0, 0, 750);
const publicAt = Date.UTC(2026, 2, 3, 10, 30, 5, 999);
const updatedAt = Date.UTC(2026, 2, 4, 11, 0, 1);

const jane: PageFacts = {
  title: 'We, not me',
  author: { name: 'Jane', url: 'https://jane.example/', photo: 'https://jane.example/me.jpg' },
  publishedAt,
  language: 'en',
};
const nobody: PageFacts = {
  title: '',
  author: { name: null, url: null, photo: null },
  publishedAt: null,
  language: null,
};

function mention(change: Partial<Linkback> = {}): Mention {
  const linkback = buildVerified({ moderation: 'approved', facts: jane, updatedAt, ...change });
  const announcements = linkback.announcements.map((each) => ({ ...each, held: true }));
  return { serial: 900, publicAt, linkback: { ...linkback, announcements } };
}

const entry = (change: Partial<Linkback> = {}) => toEntry(mention(change), '[…]');
const link = (change: Partial<Linkback> = {}) => toLink(mention(change), '[…]');

describe('an entry of the JF2 feed', () => {
  it('has webmention.io’s fields, values and order', () => {
    const wanted = {
      type: 'entry',
      author: {
        type: 'card',
        name: 'Jane',
        photo: 'https://jane.example/me.jpg',
        url: 'https://jane.example/',
      },
      url: 'https://source.example/a',
      published: '2026-03-02T09:00:00+00:00',
      published_ts: Date.UTC(2026, 2, 2, 9) / 1000,
      'wm-received': '2026-03-03T10:30:05Z',
      'wm-id': 900,
      'wm-source': 'https://source.example/a',
      'wm-target': 'https://blog.example/post',
      'wm-protocol': 'pingback',
      name: 'We, not me',
      content: {
        html: '[…] before <a href="https://blog.example/post">link</a> after […]',
        text: '[…] before link after […]',
      },
      'mention-of': 'https://blog.example/post',
      'wm-property': 'mention-of',
      'wm-private': false,
    };
    expect(entry()).toEqual(wanted);
    expect(Object.keys(entry())).toEqual(Object.keys(wanted));
  });

  it.each<[LinkbackType, string]>([
    ['mention', 'mention-of'],
    ['reply', 'in-reply-to'],
    ['like', 'like-of'],
    ['repost', 'repost-of'],
    ['bookmark', 'bookmark-of'],
  ])('of a %s names its target by %s', (type, property) => {
    expect(entry({ type })).toMatchObject({
      'wm-property': property,
      [property]: 'https://blog.example/post',
    });
  });

  it.each(['yes', 'no', 'maybe', 'interested'] as const)(
    'of an RSVP that says %s tells so, and is in reply to its target',
    (rsvp) => {
      expect(entry({ type: 'rsvp', facts: { ...jane, rsvp } })).toMatchObject({
        rsvp,
        'in-reply-to': 'https://blog.example/post',
        'wm-property': 'rsvp',
      });
    },
  );

  it('leaves out what the page does not say, but never its author', () => {
    const excerpt = { before: '', link: '', after: ' ', cutBefore: false, cutAfter: false };
    const bare = entry({ facts: nobody, excerpt });
    expect(bare).toMatchObject({
      author: { type: 'card', name: '', photo: '', url: '' },
      published: null,
      published_ts: null,
    });
    for (const field of ['name', 'content', 'rsvp', 'wm-fragment']) expect(bare).not.toHaveProperty(field);
  });

  it('names the page without its fragment, and the fragment beside it', () => {
    expect(entry({ target: 'https://blog.example/post#part', fragment: 'part' })).toMatchObject({
      'wm-target': 'https://blog.example/post',
      'mention-of': 'https://blog.example/post',
      'wm-fragment': 'part',
    });
  });

  it.each(['pingback', 'trackback', 'webmention'] as const)('says that it came by %s', (protocol) => {
    const announcements = buildVerified().announcements.map((each) => ({ ...each, dialect: protocol }));
    expect(entry({ protocol, announcements })).toMatchObject({ 'wm-protocol': protocol });
  });

  it('escapes strangers’ text in HTML once, and in text not at all', () => {
    const excerpt = {
      before: '1 < 2 & <script>',
      link: '"quoted"',
      after: '',
      cutBefore: false,
      cutAfter: false,
    };
    expect(entry({ excerpt, target: 'https://blog.example/?a=1&b="' })['content']).toEqual({
      html: '1 &lt; 2 &amp; &lt;script&gt;<a href="https://blog.example/?a=1&amp;b=&quot;">&quot;quoted&quot;</a>',
      text: '1 < 2 & <script>"quoted"',
    });
  });
});

describe('a link of the older JSON', () => {
  it('has webmention.io’s fields, values and order', () => {
    const wanted = {
      source: 'https://source.example/a',
      verified: true,
      verified_date: '2026-03-04T11:00:01+00:00',
      id: 900,
      private: false,
      data: {
        author: { name: 'Jane', url: 'https://jane.example/', photo: 'https://jane.example/me.jpg' },
        url: 'https://source.example/a',
        name: 'We, not me',
        content: '[…] before <a href="https://blog.example/post">link</a> after […]',
        published: '2026-03-02T09:00:00+00:00',
        published_ts: Date.UTC(2026, 2, 2, 9) / 1000,
      },
      activity: {
        type: 'link',
        sentence: "Jane posted 'We, not me' linking to https://blog.example/post",
        sentence_html:
          '<a href="https://jane.example/">Jane</a> posted &#39;We, not me&#39; linking to <a href="https://blog.example/post">https://blog.example/post</a>',
      },
      target: 'https://blog.example/post',
    };
    expect(link()).toEqual(wanted);
    expect(Object.keys(link())).toEqual(Object.keys(wanted));
  });

  it('has no author where the page names none, and says "someone"', () => {
    const bare = link({ facts: nobody });
    expect(bare['data']).not.toHaveProperty('author');
    expect(bare['activity']).toEqual({
      type: 'link',
      sentence: "https://source.example/a posted '' linking to https://blog.example/post",
      sentence_html:
        '<a href="https://source.example/a">someone</a> posted &#39;&#39; linking to <a href="https://blog.example/post">https://blog.example/post</a>',
    });
  });

  it.each<[LinkbackType, string]>([
    ['reply', "Jane commented '[…] before link after […]' on a post"],
    ['like', 'Jane liked a post'],
    ['repost', 'Jane reposted a post'],
    ['bookmark', 'Jane bookmarked a post'],
    ['rsvp', 'Jane RSVPed to'],
  ])('of a %s makes a sentence of it', (type, sentence) => {
    expect(link({ type })['activity']).toMatchObject({
      type,
      sentence: `${sentence} https://blog.example/post`,
    });
  });

  it('tells the answer of an RSVP', () => {
    const rsvp = link({ type: 'rsvp', facts: { ...jane, rsvp: 'maybe' } });
    expect(rsvp['data']).toMatchObject({ rsvp: 'maybe' });
    expect(rsvp['activity']).toMatchObject({ sentence: 'Jane RSVPed maybe to https://blog.example/post' });
  });
});

describe('the counts', () => {
  it('are a sum, and one for each type in the order of the alphabet', () => {
    const counts = toCounts([
      { type: 'rsvp', rsvp: 'yes', count: 2 },
      { type: 'mention', rsvp: null, count: 3 },
      { type: 'like', rsvp: null, count: 4 },
      { type: 'rsvp', rsvp: null, count: 1 },
    ]);
    expect(JSON.stringify(counts)).toBe('{"count":10,"type":{"like":4,"mention":3,"rsvp":1,"rsvp-yes":2}}');
    expect(JSON.stringify(toCounts([]))).toBe('{"count":0,"type":{}}');
  });
});

describe('what was withdrawn', () => {
  it('is told by number, pages and time', () => {
    const source = 'https://source.example/a';
    expect(
      toDeleted({ serial: 7, source, target: 'https://blog.example/post#x', withdrawnAt: publicAt }),
    ).toEqual({
      'wm-id': 7,
      'wm-source': source,
      'wm-target': 'https://blog.example/post',
      'wm-deleted': '2026-03-03T10:30:05Z',
    });
  });
});

describe('since', () => {
  it.each([
    ['2026-03-02T09:00:00Z', '2026-03-02T09:00:00Z'],
    ['2026-03-02T09:00:00.250Z', '2026-03-02T09:00:00.250Z'],
    ['2026-03-02T09:00:00-0700', '2026-03-02T16:00:00Z'],
    ['2026-03-02T09:00:00+01:00', '2026-03-02T08:00:00Z'],
    ['2026-03-02T09:00:00 01:00', '2026-03-02T08:00:00Z'],
    ['2026-03-02T09:00:00', '2026-03-02T09:00:00Z'],
    ['2026-03-02 09:00', '2026-03-02T09:00:00Z'],
    ['2026-03-02', '2026-03-02T00:00:00Z'],
  ])('reads %j as %s', (text, instant) => {
    expect(parseSince(text)).toBe(Date.parse(instant));
  });

  it.each(['', 'null', 'undefined', 'yesterday', '2026-13-40', '2026-03-02T99:00Z', '1772472600'])(
    'is nothing when it is %j',
    (text) => {
      expect(parseSince(text)).toBeUndefined();
    },
  );
});

describe('a domain', () => {
  const sites = [
    buildSite({
      slug: 'blog',
      addresses: [new URL('https://blog.example/'), new URL('https://old.example/')],
    }),
    buildSite({ slug: 'notes', addresses: [new URL('https://www.blog.example/notes/')] }),
    buildSite({ slug: 'local', addresses: [new URL('http://localhost:4000/')] }),
  ];

  it.each([
    ['blog.example', ['blog', 'notes']],
    ['WWW.Blog.Example', ['blog', 'notes']],
    ['old.example', ['blog']],
    ['localhost', ['local']],
    ['localhost:4000', ['local']],
    ['localhost:4001', []],
    ['log.example', []],
    ['', []],
  ])('%j is that of the sites %j', (domain, slugs) => {
    expect(sitesAt(domain, sites)).toEqual(slugs);
  });
});
