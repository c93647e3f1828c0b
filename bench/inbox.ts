import type { Service } from '../test/support/service.ts';
import type { Figure } from './figure.ts';
import { seededWords } from './seed.ts';
import { withSeededService } from './seeded-service.ts';
import { percentile } from './statistics.ts';

const linkbacks = 100_000;
const times = 21;
const goalMs = 100;

/** What an owner may ask of the inbox, by what it is called here. */
const questions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'first page': {},
  'moderation, many': { moderation: 'pending' },
  'site and moderation, many': { site: 'blog', moderation: 'pending' },
  'site and moderation, few': { site: 'notes', moderation: 'rejected' },
  'site, many': { site: 'blog' },
  'site, few': { site: 'notes' },
  'site that has none': { site: 'nowhere' },
  'verification, few': { verification: 'gone' },
  'type, few': { type: 'rsvp' },
  'type of which there is none, among few': { type: 'rsvp', moderation: 'rejected', site: 'nowhere' },
  'protocol, few': { protocol: 'trackback' },
  'protocol, among few': { protocol: 'trackback', verification: 'gone', moderation: 'spam' },
  'host with those below it': { host: 'weblogs.example' },
  'host that has none': { host: 'nobody.example' },
  'failed or tried again': { attention: 'failed' },
  'approved but gone': { attention: 'gone' },
  'search: frequent word': { q: seededWords.frequent },
  'search: rare word': { q: seededWords.rare },
  'search: absent word': { q: seededWords.absent },
  'search: absent word, among the pending': { q: seededWords.absent, moderation: 'pending' },
  'search: frequent word, among few': { q: seededWords.frequent, site: 'notes', moderation: 'rejected' },
};

/** How long the inbox takes to answer, through the API of a running service, over a hundred thousand linkbacks. */
export async function measureInbox(): Promise<readonly Figure[]> {
  return withSeededService(linkbacks, async (service) => {
    const figures: Figure[] = [];
    for (const [name, query] of Object.entries(questions)) {
      const took = await ask(service, query);
      const value = percentile(took, 50);
      const how = `${linkbacks} linkbacks, ${times} times, the longest ${percentile(took, 100).toFixed(0)} ms`;
      const goal = `< ${goalMs} ms`;
      figures.push({ id: 'inbox', name, value, unit: 'ms', goal, isMet: value < goalMs, how });
    }
    return figures;
  });
}

async function ask(service: Service, query: Readonly<Record<string, string>>): Promise<number[]> {
  const path = `/api/moderation/linkbacks?${new URLSearchParams(query).toString()}`;
  const took: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const before = performance.now();
    const response = await service.api('GET', path);
    if (!response.ok) throw new Error(`${path} gave ${response.status}: ${await response.text()}`);
    await response.json();
    took.push(performance.now() - before);
  }
  return took;
}
