import { describe, expect, it } from 'vitest';
import { makeDirectory } from '../../src/linkback/directory.ts';
import type { RuleStore, SiteStore } from '../../src/linkback/owner-ports.ts';
import type { Site } from '../../src/linkback/site.ts';
import { buildSite } from '../support/build-linkback.ts';

const first = buildSite({ slug: 'first', addresses: [new URL('https://first.example/')] });
const second = buildSite({ slug: 'second', addresses: [new URL('https://second.example/')] });

const unused = (): Promise<never> => Promise.reject(new Error('nothing but reading is needed'));

/** A store whose reads end when a test says so, in the order that it says. */
function slowStore(): { store: SiteStore & RuleStore; reads: PromiseWithResolvers<readonly Site[]>[] } {
  const reads: PromiseWithResolvers<readonly Site[]>[] = [];
  const storedSites = (): Promise<readonly Site[]> => {
    const read = Promise.withResolvers<readonly Site[]>();
    reads.push(read);
    return read.promise;
  };
  const rules = (): Promise<[]> => Promise.resolve([]);
  const store = {
    storedSites,
    rules,
    saveSite: unused,
    deleteSite: unused,
    saveRule: unused,
    deleteRule: unused,
  };
  return { store, reads };
}

describe('the directory', () => {
  it('keeps what a later reading found when an earlier one ends after it', async () => {
    const { store, reads } = slowStore();
    const directory = makeDirectory([], store);
    const before = directory.reload();
    const afterChange = directory.reload();
    reads[1]?.resolve([first, second]);
    await afterChange;
    reads[0]?.resolve([first]);
    await before;
    expect(directory.sites()).toEqual([first, second]);
  });

  it('takes what an earlier reading found when the later one could not be made', async () => {
    const { store, reads } = slowStore();
    const directory = makeDirectory([], store);
    const before = directory.reload();
    const failing = directory.reload();
    reads[1]?.reject(new Error('the database is locked'));
    await expect(failing).rejects.toThrow('locked');
    reads[0]?.resolve([first]);
    await before;
    expect(directory.sites()).toEqual([first]);
  });

  it('has sites of the settings first, and lets none that is stored stand in for them', async () => {
    const { store, reads } = slowStore();
    const directory = makeDirectory([first], store);
    const reading = directory.reload();
    reads[0]?.resolve([{ ...second, slug: 'first' }, second]);
    await reading;
    expect(directory.sites()).toEqual([first, second]);
    expect([directory.isConfigured('first'), directory.isConfigured('second')]).toEqual([true, false]);
    expect(directory.siteOf('first')).toBe(first);
  });
});
