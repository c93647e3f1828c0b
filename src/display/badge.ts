import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { MentionStore } from '../linkback/ports.ts';
import { sendConditional } from './conditional.ts';
import { asItIs, conditionalAnswers, reading, textOf } from './described.ts';
import { html } from './html.ts';
import { findScope, refuseScope, whoseQuery, type AskedWhose, type ReadOptions } from './public-query.ts';

export type BadgeOptions = Pick<ReadOptions, 'sites'> & {
  /** Leaves out what XML has no way to say. */
  readonly sayable: (text: string) => string;
  readonly store: Pick<ReadOptions['store'], 'targetLook'> & Pick<MentionStore, 'mentionCounts'>;
};

type Asked = AskedWhose & { readonly label: string };

/** Serves `/badge.svg`: how many linkbacks a page or a site has, as a picture. */
export function readBadge(app: FastifyInstance, options: BadgeOptions, done: () => void): void {
  app.setSerializerCompiler(asItIs);
  app.get(
    '/badge.svg',
    { schema: badgeSchema },
    async (request: FastifyRequest<{ Querystring: Asked }>, reply) => {
      const { label } = request.query;
      const scope = await findScope(request.query, options);
      if (scope === undefined) return refuseScope(reply);
      const count = scope === 'nobody' ? 0 : await countOf(scope, options);
      return sendConditional(
        request,
        reply,
        'image/svg+xml; charset=utf-8',
        badge(options.sayable(label), count),
      );
    },
  );
  done();
}

const badgeSchema = reading('getBadge', 'How many linkbacks there are, as a picture', {
  querystring: whoseQuery({
    label: Type.String({ maxLength: 40, default: 'linkbacks', description: 'The word before the number.' }),
  }),
  response: conditionalAnswers([
    textOf('image/svg+xml', 'A badge that says its number to screen readers, too.'),
  ]),
});

async function countOf(
  { targetKey, site }: { readonly targetKey?: string; readonly site?: string },
  { store }: BadgeOptions,
): Promise<number> {
  const counts = await store.mentionCounts({
    ...(targetKey === undefined ? {} : { targets: [{ key: targetKey, fragment: null }] }),
    ...(site === undefined ? {} : { sites: [site] }),
  });
  return counts.reduce((sum, { count }) => sum + count, 0);
}

const numbers = new Intl.NumberFormat('en');

/** Draws the badge. Each text is stretched to the width it was given, whatever font there is. */
export function badge(label: string, count: number): string {
  const number = numbers.format(count);
  const [left, right] = [widthOf(label), widthOf(number)];
  const width = left + right;
  const says = `${label}: ${number}`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" viewBox="0 0 ${width} 20" role="img" aria-label="${says}">
<title>${says}</title>
<clipPath id="round"><rect width="${width}" height="20" rx="4"/></clipPath>
<g clip-path="url(#round)">
<rect width="${left}" height="20" fill="#3a4046"/>
<rect x="${left}" width="${right}" height="20" fill="#0b57a4"/>
</g>
<g fill="#fff" font-family="system-ui, Verdana, sans-serif" font-size="11" text-anchor="middle" aria-hidden="true">
${word(label, left / 2, left)}
${word(number, left + right / 2, right)}
</g>
</svg>
`.html;
}

function word(text: string, middle: number, width: number) {
  return html`<text x="${middle}" y="14" textLength="${width - padding * 2}" lengthAdjust="spacingAndGlyphs">${text}</text>`;
}

const padding = 7;

/** About how wide a text is at 11 pixels: wide letters of other scripts are twice as wide as ours. */
function widthOf(text: string): number {
  const units = Array.from(text, (character): number => {
    if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0;
    if (/[ijl.,:;'|!fIt ]/u.test(character)) return 3.8;
    if (/[mwMW@%]/u.test(character)) return 9.6;
    return /[\u1100-\u11ff\u2e80-\uffff\u{1f000}-\u{3ffff}]/u.test(character) ? 11.5 : 6.7;
  });
  return Math.ceil(units.reduce((sum, each) => sum + each, 0)) + padding * 2;
}
