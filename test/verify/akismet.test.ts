import { describe, expect, it } from 'vitest';
import { makeAskAkismet } from '../../src/verify/akismet.ts';
import type { Signal } from '../../src/linkback/signal.ts';
import type { Post, Posted, Posting } from '../../src/web/post.ts';
import { buildFound, buildLinkback, buildSite } from '../support/build-linkback.ts';
import { never } from '../support/fetching.ts';

type Asked = {
  readonly opinion: readonly Signal[];
  readonly posted: Posting | undefined;
  readonly troubles: string[];
};

async function ask(answer: Posted | Post, signal: AbortSignal = never): Promise<Asked> {
  let posted: Posting | undefined;
  const troubles: string[] = [];
  const askOpinion = makeAskAkismet({
    url: new URL('https://akismet.example/check'),
    key: 'a-key-of-ours',
    userAgent: () => 'linkbackd/test',
    onTrouble: (detail) => troubles.push(detail),
    post: (url, posting, patience) => {
      posted = posting;
      return typeof answer === 'function' ? answer(url, posting, patience) : Promise.resolve(answer);
    },
  });
  const opinion = await askOpinion(buildSite(), buildLinkback(), buildFound(), signal);
  return { opinion, posted, troubles };
}

const saying = (text: string, status = 200): Posted => ({ kind: 'answer', status, text });

describe('asking Akismet', () => {
  it('tells it what it would be told of a comment', async () => {
    const { posted } = await ask(saying('false'));
    expect(posted?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' });
    expect(Object.fromEntries(new URLSearchParams(posted?.body))).toEqual({
      api_key: 'a-key-of-ours',
      blog: 'https://blog.example/',
      user_ip: '192.0.2.1',
      permalink: 'https://blog.example/post',
      comment_type: 'pingback',
      comment_author: 'A title',
      comment_author_url: 'https://source.example/a',
      comment_content: 'before link after',
    });
  });

  it('is one signal, for spam or against it', async () => {
    expect((await ask(saying('true'))).opinion).toMatchObject([{ name: 'akismet', weight: 6 }]);
    expect((await ask(saying('false\n'))).opinion).toMatchObject([{ name: 'akismet', weight: -1 }]);
  });

  it.each([
    ['a key it does not know', saying('invalid'), []],
    ['a failure', saying('', 500), ['HTTP status 500']],
    ['nobody there', { kind: 'trouble', detail: 'connection refused' }, ['connection refused']],
  ] as const)('is no signal, and holds up nothing, on %s', async (_what, answer, told) => {
    const { opinion, troubles } = await ask(answer);
    expect(opinion).toEqual([]);
    expect(troubles).toEqual(told);
  });

  it('ends when the service stops', async () => {
    const stopping = new AbortController();
    const asked = ask((_url, _posting, signal) => {
      stopping.abort(new Error('stopping'));
      return Promise.reject(signal.reason as Error);
    }, stopping.signal);
    await expect(asked).rejects.toThrow('stopping');
  });
});
