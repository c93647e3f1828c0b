import type { Linkback } from '../linkback/linkback.ts';
import type { Signal } from '../linkback/signal.ts';
import type { Site } from '../linkback/site.ts';
import type { Found } from '../linkback/verdict.ts';
import type { Post } from '../web/post.ts';

/** An opinion that takes longer is done without, in milliseconds. */
export const opinionTimeoutMs = 5000;

export type AkismetOptions = {
  readonly post: Post;
  readonly url: URL;
  readonly key: string;
  readonly userAgent: () => string;
  readonly onTrouble: (detail: string, linkbackId: string) => void;
};

/** Asks others for what they think of a linkback whose link was found; no answer is no opinion. */
export type AskOpinion = (
  site: Site,
  linkback: Linkback,
  found: Found,
  signal: AbortSignal,
) => Promise<readonly Signal[]>;

/** For when nobody is to be asked. */
export const askNobody: AskOpinion = async () => [];

/**
 * Makes the question to Akismet, or to a service that speaks like it.
 *
 * It is told the sender's address, the source, its title and author, and the quoted words, as any comment would be.
 *
 * Limits: {@link opinionTimeoutMs}; trouble on its side gives no signal.
 * Spec:   Akismet API 1.1, comment-check.
 */
export function makeAskAkismet(options: AkismetOptions): AskOpinion {
  return async (site, linkback, found, signal) => {
    const patience = AbortSignal.timeout(opinionTimeoutMs);
    try {
      const answer = await options.post(
        options.url,
        {
          headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': options.userAgent() },
          body: question(options.key, site, linkback, found),
        },
        AbortSignal.any([signal, patience]),
      );
      if (answer.kind === 'answer' && answer.status === 200) return opinions(answer.text.trim());
      options.onTrouble(
        answer.kind === 'answer' ? `HTTP status ${answer.status}` : answer.detail,
        linkback.id,
      );
    } catch (error) {
      if (!patience.aborted) throw error;
      options.onTrouble(`no answer within ${opinionTimeoutMs} ms`, linkback.id);
    }
    return [];
  };
}

function question(key: string, site: Site, linkback: Linkback, { facts, excerpt }: Found): string {
  const { protocol, announcements, source, target } = linkback;
  return new URLSearchParams({
    api_key: key,
    blog: site.addresses[0].href,
    user_ip: announcements.find(({ dialect }) => dialect === protocol)?.senderIp ?? '',
    permalink: target,
    comment_type: protocol,
    comment_author: facts.author.name ?? facts.title,
    comment_author_url: source,
    comment_content: excerpt.before + excerpt.link + excerpt.after,
  }).toString();
}

function opinions(answer: string): readonly Signal[] {
  if (answer === 'true') return [{ name: 'akismet', weight: 6, sentence: 'Akismet takes it for spam.' }];
  return answer === 'false'
    ? [{ name: 'akismet', weight: -1, sentence: 'Akismet does not take it for spam.' }]
    : [];
}
