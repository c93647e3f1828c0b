import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mention } from '../support/announce.ts';
import { isChromiumMissing, openSight, startChromium } from '../support/chromium.ts';
import { linkingPage } from '../support/linking-page.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { startWeb, type Web } from '../support/web.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const mayNotSkip = process.env['LINKBACKD_NO_SKIPS'] === '1';
const isPhpMissing = spawnSync('php', ['--version']).status !== 0 && !mayNotSkip;
if (isPhpMissing) console.warn('SKIPPED: php is not installed, so its include is not tried.');

describe('the list under a post, put there as the README says', () => {
  let web: Web;
  let service: Service;
  let folder: string;
  let post: string;

  beforeAll(async () => {
    web = await startWeb();
    folder = makeFolder();
    service = await startService({
      env: { SITES: `blog=http://${web.host}/blog/`, POLICY: 'approve-all' },
    });
    post = web.url('/blog/post');
    web.page('/blog/post', 'Ours');
    web.page('/friend', linkingPage(post, 'A friend’s thoughts'));
    expect(await mention(service, web.url('/friend'), post)).toMatchObject({ status: 'verified' });
  });

  afterAll(async () => {
    removeFolder(folder);
    await Promise.all([service.close(), web.close()]);
  });

  /** What the README says in a block that begins so, for this service. */
  function block(begin: string): string {
    const [, text] = new RegExp(`\`\`\`\\w*\\n(${begin}[^]*?)\n\`\`\``, 'u').exec(readme) ?? [];
    if (text === undefined) throw new Error(`the README has no block that begins with ${begin}`);
    return text.replaceAll('https://linkbacks.example', service.url);
  }

  /** Runs a program over a file, and gives what it says. */
  function run(program: string, name: string, text: string): string {
    const file = join(folder, name);
    writeFileSync(file, text);
    const { stdout, stderr } = spawnSync(program, [file], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout;
  }

  it('is written by a step of the build', () => {
    const text = `const url = ${JSON.stringify(post)};\n${block('const answer')}\nconsole.log(items[0].source.title);`;
    expect(run(process.execPath, 'build.mjs', text)).toBe('A friend’s thoughts\n');
  });

  it.skipIf(isPhpMissing)('is included by the server', async () => {
    const text = `<?php $permalink = ${JSON.stringify(post)}; ?>\n${block('<\\?=')}`;
    const included = run('php', 'post.php', text);
    const list = await service.get(`/linkbacks.html?target=${encodeURIComponent(post)}`);
    expect(included.trim()).toBe((await list.text()).trim());
    expect(included).toContain('A friend’s thoughts');
  });

  it.skipIf(isChromiumMissing).each([true, false])(
    'is shown by the element, or linked to without scripts: %s',
    async (javaScript) => {
      const browser = await startChromium();
      const lines = block('<script')
        .replaceAll('https://blog.example/post', post)
        .replace('https%3A%2F%2Fblog.example%2Fpost', encodeURIComponent(post));
      web.page('/blog/post', `<!doctype html><h1>A post</h1>${lines}`);
      const { page, complaints, close } = await openSight(browser, { javaScript });
      try {
        await page.goto(post);
        if (!javaScript) await page.getByRole('link', { name: 'Linkbacks' }).click();
        await page.getByText('A friend’s thoughts').waitFor();
        expect(complaints.filter((each) => !each.includes('404'))).toEqual([]);
      } finally {
        await close();
        await browser.close();
      }
    },
  );
});
