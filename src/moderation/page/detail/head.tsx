import type { JSX } from 'preact';
import { Outside } from '../parts/outside.tsx';
import { langOf, Quote } from '../parts/quote.tsx';
import { When } from '../parts/when.tsx';
import type { Item } from '../state/shapes.ts';
import { bareAddress, dialectNames, moderationNames, typeNames, verificationNames } from '../words/states.ts';

const languages = new Intl.DisplayNames(['en-GB'], { type: 'language', fallback: 'none' });

/** Who links, from where, in which words, and to which page. */
export function Head({ item }: { readonly item: Item }): JSX.Element {
  const { source, target, fragment, excerpt } = item;
  return (
    <header class="head">
      <p class="states">
        <span class={`chip ${item.moderation}`}>{moderationNames[item.moderation]}</span>
        <span class={`chip ${item.verification}`}>{verificationNames[item.verification]}</span>
        <span class="soft">
          {typeNames[item.type]} by {dialectsOf(item)}, <When time={item.receivedAt} />
        </span>
      </p>
      <h2 dir="auto" lang={langOf(source.language)}>
        <Outside href={source.url}>{source.title || bareAddress(source.url)}</Outside>
      </h2>
      <p class="byline">
        <Byline item={item} />
      </p>
      {excerpt === null ? (
        <p class="quote">There is no excerpt.</p>
      ) : (
        <blockquote class="quote" dir="auto" lang={langOf(source.language)}>
          <Quote excerpt={excerpt} />
        </blockquote>
      )}
      <dl class="way">
        <dt>From</dt>
        <dd>
          <Outside href={source.url} />
        </dd>
        <dt>Links to</dt>
        <dd>
          <Outside href={fragment === null ? target : `${target}#${fragment}`} />
        </dd>
      </dl>
    </header>
  );
}

function Byline({ item }: { readonly item: Item }): JSX.Element {
  const { author, host, published, language } = item.source;
  const name = author?.name || null;
  const spoken = languageName(language);
  return (
    <>
      {name === null ? null : (
        <>
          <bdi class="who">{author?.url ? <Outside href={author.url}>{name}</Outside> : name}</bdi>
          {' at '}
        </>
      )}
      <bdi>{host}</bdi>
      {published === null ? null : (
        <>
          , <When time={published} as="day" />
        </>
      )}
      {spoken === undefined ? null : `, in ${spoken}`}
    </>
  );
}

function dialectsOf({ protocol, protocols }: Item): string {
  const all = protocols.length === 0 ? [protocol] : protocols;
  return all.map((each) => dialectNames[each]).join(' and ');
}

function languageName(language: string | null): string | undefined {
  const code = langOf(language);
  try {
    return code === undefined ? undefined : languages.of(code);
  } catch {
    return undefined;
  }
}
