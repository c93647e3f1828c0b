import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPing } from '../support/build-ping.ts';
import { isChromiumMissing, startChromium, type Browser } from '../support/chromium.ts';
import { buildFound } from '../support/build-linkback.ts';
import { makeIds } from '../support/clock.ts';
import { databaseIn } from '../support/database.ts';
import { openDesk, type Desk } from '../support/moderation-page.ts';
import { scriptAddresses, scriptTexts } from '../support/scripts.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, migrations, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { makeStore } from '../../src/store/store.ts';

const corpus = [...scriptTexts, ...scriptAddresses];
const timeout = 240_000;

/** What strangers fill, of a linkback and of what became of it. */
const fields = [
  'title',
  'author',
  'authorUrl',
  'photo',
  'language',
  'before',
  'link',
  'after',
  'fragment',
  'source',
  'spelling',
  'href',
  'rel',
  'element',
  'finalUrl',
  'vouchUrl',
  'vouch',
  'sentence',
  'trouble',
  'why',
] as const;
type Field = (typeof fields)[number];
type Filling = Readonly<Record<Field, string>>;

/** Those that are never shown: an address that is none, what only browsers read, and a picture of which none is fetched. */
const unseen: ReadonlySet<Field> = new Set(['authorUrl', 'photo', 'language']);

/** Round after round each field gets another text, and all of them once around. */
const fillings: readonly Filling[] = [
  // What there is without any script: with addresses and a language that hold, and without.
  filling((field) =>
    field === 'authorUrl' ? 'https://author.example/' : field === 'language' ? 'en' : field,
  ),
  filling((field) => field),
  ...corpus.map((_, round) => filling((_field, at) => corpus[(round + at * 17) % corpus.length] ?? '')),
];

function filling(textOf: (field: Field, at: number) => string): Filling {
  return Object.fromEntries(fields.map((field, at) => [field, textOf(field, at)])) as Filling;
}

describe.skipIf(isChromiumMissing)(
  'the owner’s page, when strangers write scripts into all that they can fill',
  () => {
    let folder: string;
    let service: Service;
    let browser: Browser;
    let desk: Desk;
    /** Where the page asked for anything but at its own service. */
    const strayed: string[] = [];
    /** Before anybody is signed in there is a complaint: that nobody is. */
    let complaintsBefore: number;

    beforeAll(async () => {
      folder = makeFolder();
      fill(folder, await file(folder));
      service = await startService({
        folder,
        env: { SITES: 'blog=https://blog.example/', POLICY: 'hold-all' },
      });
      browser = await startChromium();
      desk = await openDesk(browser, service, '?tab=all&order=oldest');
      complaintsBefore = desk.complaints.length;
      desk.page.on('request', (request) => {
        if (!request.url().startsWith(service.url)) strayed.push(request.url());
      });
      desk.page.on('dialog', (dialog) => void strayed.push(dialog.message()));
    }, timeout);

    afterAll(async () => {
      await browser.close();
      await service.close();
      removeFolder(folder);
    });

    /** Links lead to this page's own places, or out to the web with nothing told of where from. */
    const expectHarmless = (links: readonly Link[]): void => {
      for (const { href, rel } of links) {
        expect(href).toMatch(/^https?:\/\//u);
        if (!href.startsWith(service.url)) expect(rel).toBe('nofollow ugc noopener noreferrer');
      }
    };

    const expectCalm = async (): Promise<void> => {
      expect(await desk.page.evaluate('window.ran')).toBeUndefined();
      expect(strayed).toEqual([]);
      expect(desk.complaints.slice(complaintsBefore)).toEqual([]);
    };

    it(
      'shows each linkback with every text as it is, and no element that is not there without them',
      { timeout },
      async () => {
        const harmless = new Set<string>();
        const strange = new Set<string>();
        for (const [round, filled] of fillings.entries()) {
          await waitUntil(async () => (await lookAt(desk, '.detail')).text.includes(`look ${round}: `), {
            what: `round ${round} to be shown`,
          });
          const { text, shapes, links } = await lookAt(desk, '.detail');
          for (const field of fields) {
            // An address is shown without a slash at its end.
            const shown = filled[field].replace(/\/$/u, '');
            if (!unseen.has(field)) expect(text, `${field} of round ${round}`).toContain(shown);
          }
          for (const shape of shapes) (round < 2 ? harmless : strange).add(shape);
          expectHarmless(links);
          await desk.press('j');
        }
        expect(harmless.size).toBeGreaterThan(30);
        expect([...strange].filter((shape) => !harmless.has(shape))).toEqual([]);
        await expectCalm();
      },
    );

    it('lists them all so, too', { timeout }, async () => {
      await all(desk, '.row', fillings.length);
      const rows = await desk.page.evaluate<Sight[]>(`[...document.querySelectorAll('.row')].map(${seen})`);
      for (const [round, { title, author, before, link, after }] of fillings.entries()) {
        for (const each of [title, author, `${before}${link}${after}`]) {
          expect(rows[round]?.text, `round ${round}`).toContain(each);
        }
      }
      const shapes = rows.map((row) => row.shapes);
      const [one, other] = shapes;
      for (const [round, each] of shapes.entries()) {
        // Only the mark of what the keyboard stands on, and of a language that holds, come and go.
        expect([one, other].map(bare), `round ${round}`).toContain(bare(each));
      }
      await expectCalm();
    });

    it.each(['rules', 'rules&add=rule&sourceHost=source.example', 'tokens', 'webhooks&log=webhook', 'sites'])(
      'says them as words in what it shows of %s',
      { timeout },
      async (view) => {
        const { page } = desk;
        await page.goto(`${service.url}/moderate?view=${view}`);
        await page.locator('main h1').waitFor();
        const isAll = !view.includes('add=') && view !== 'sites';
        if (isAll) await all(desk, view.startsWith('webhooks') ? '.log li' : '.cards > li', corpus.length);
        if (view.includes('add=')) await page.locator('.examples li').first().waitFor();
        const { text, links, shapes } = await lookAt(desk, 'main');
        for (const each of isAll ? corpus : []) expect(text).toContain(each);
        expectHarmless(links);
        expect(shapes.join(' ')).not.toMatch(/script|iframe|img|video|object|math|style|svg|\bon/iu);
        await expectCalm();
      },
    );
  },
);

/** Files a linkback for each filling, and gives their ids, oldest first. */
async function file(folder: string): Promise<readonly string[]> {
  const engine = openSqlite({ file: databaseIn(folder), migrations, isService: true });
  const store = makeStore(engine, { now: Date.now, newId: makeIds() });
  const ids: string[] = [];
  for (const round of fillings.keys()) {
    const { linkbackId } = await store.file(
      buildPing({ source: `https://source.example/${round}`, at: Date.now(), dialect: 'webmention' }),
    );
    ids.push(linkbackId);
  }
  await store.close();
  return ids;
}

/** Writes the texts into all that is stored of the linkbacks, of rules and tokens, and of a webhook's calls. */
function fill(folder: string, ids: readonly string[]): void {
  const database = new Database(databaseIn(folder));
  const run = (statement: string, ...values: readonly (string | number)[]): void => {
    database.prepare(statement).run(...values);
  };
  database.transaction(() => {
    run('DELETE FROM job');
    for (const [round, id] of ids.entries()) {
      const it = fillings[round];
      if (it === undefined) throw new Error(`there is no round ${round}`);
      run(
        `UPDATE linkback SET verification = 'verified', checked_at = 1, verified_at = 1, source = ?, fragment = ?,
         facts = ?, excerpt = ?, evidence = ?, signals = ?, score = 1 WHERE id = ?`,
        `https://source.example/${it.source}`,
        it.fragment,
        JSON.stringify({
          title: it.title,
          author: { name: it.author, url: it.authorUrl, photo: it.photo },
          publishedAt: null,
          language: it.language,
        }),
        JSON.stringify({
          before: it.before,
          link: it.link,
          after: it.after,
          cutBefore: true,
          cutAfter: true,
        }),
        JSON.stringify({
          ...buildFound().evidence,
          element: it.element,
          href: it.href,
          rel: [it.rel],
          finalUrl: it.finalUrl,
          vouch: { url: it.vouchUrl, holds: false, detail: it.vouch },
        }),
        JSON.stringify([{ name: 'hidden', weight: 1, sentence: it.sentence }]),
        id,
      );
      run('UPDATE announcement SET source = ? WHERE linkback_id = ?', it.spelling, id);
      run('INSERT INTO attempt VALUES (?, ?, 1, ?)', `attempt-${round}`, id, it.trouble);
      run(
        "INSERT INTO event VALUES (?, ?, 1, 'verification', 'person', ?, 'unverified', 'verified', ?)",
        `event-${round}`,
        id,
        it.why,
        `look ${round}: ${it.why}`,
      );
    }
    run(
      "INSERT INTO webhook VALUES ('webhook', NULL, 'https://hooks.example/', 'a secret of some length', '[]', 0, 1)",
    );
    for (const [at, text] of corpus.entries()) {
      const id = String(at).padStart(3, '0');
      run(
        "INSERT INTO rule VALUES (?, NULL, 'hold', NULL, ?, ?, ?, NULL, ?, ?, 1)",
        id,
        text,
        text,
        text,
        text,
        text,
      );
      run(
        "INSERT INTO token (id, name, hash, created_at, scopes) VALUES (?, ?, ?, 1, 'read')",
        id,
        text,
        id.padStart(64, '0'),
      );
      run(
        "INSERT INTO delivery VALUES (?, 'webhook', 'id', ?, '{}', 1, 'failed', 1, NULL, NULL, 1, ?, 500, ?)",
        id,
        'linkback.verified',
        Date.now(),
        text,
      );
    }
  })();
  database.close();
}

/** What the elements of a part of the page are: each with its name, those around it, and its attributes' names. */
const shapesIn = `(part) => [...part.querySelectorAll('*')].map((each) => {
  const around = [];
  for (let at = each; at !== part; at = at.parentElement) around.unshift(at.localName);
  return around.join('>') + ' ' + each.getAttributeNames().sort().join(' ');
})`;

type Link = { readonly href: string; readonly rel: string };
type Sight = { readonly text: string; readonly shapes: readonly string[]; readonly links: readonly Link[] };

/** What stands in a part of the page. */
const seen = `(part) => ({
  text: part.textContent,
  shapes: (${shapesIn})(part),
  links: [...part.querySelectorAll('a')].map(({ href, rel }) => ({ href, rel })),
})`;

const lookAt = ({ page }: Desk, part: string): Promise<Sight> =>
  page.evaluate(`(${seen})(document.querySelector('${part}'))`);

/** Has a list grow until it is whole. */
async function all({ page }: Desk, entry: string, most: number): Promise<void> {
  const entries = page.locator(entry);
  await entries.first().waitFor();
  for (let count = await entries.count(); count < most; count = await entries.count()) {
    // It grows by itself, too, when its end comes into sight.
    await page
      .getByRole('button', { name: 'Load more' })
      .click({ timeout: 1000 })
      .catch(() => undefined);
    await entries.nth(count).waitFor();
  }
}

const bare = (shapes: readonly string[] = []): string =>
  shapes.join('\n').replace(/ (?:lang|aria-current)\b/gu, '');
