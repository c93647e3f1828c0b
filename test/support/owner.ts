import type { Moderation } from '../../src/linkback/linkback.ts';
import type { DecisionStore } from '../../src/linkback/owner-ports.ts';
import type { Service } from './service.ts';

/** A linkback as the moderation API lists it; the parts that tests look at. */
export type Moderated = {
  readonly id: string;
  readonly site: string;
  readonly protocols: readonly string[];
  readonly moderation: string;
  readonly verification: string;
  readonly refusal: { readonly reason: string; readonly detail: string } | null;
  readonly public: boolean;
  readonly source: { readonly url: string; readonly host: string; readonly title: string | null };
  readonly target: string;
  readonly receivedAt: string;
  readonly checkedAt: string | null;
  readonly verifiedAt: string | null;
  readonly updatedAt: string;
};

export type ModeratedList = {
  readonly items: readonly Moderated[];
  readonly next: string | null;
  readonly counts: {
    readonly moderation: Readonly<Record<string, number>>;
    readonly verification: Readonly<Record<string, number>>;
    readonly waiting: number;
    readonly approvedButGone: number;
  };
};

export type ModeratedDetail = Moderated & {
  readonly evidence: Readonly<Record<string, unknown>> | null;
  readonly announcements: readonly Readonly<Record<string, unknown>>[];
  readonly attempts: readonly { readonly at: string; readonly detail: string }[];
  readonly job: (Readonly<Record<string, unknown>> & { readonly dueAt: string }) | null;
  readonly events: readonly {
    readonly at: string;
    readonly by: { readonly kind: string; readonly name?: string };
    readonly why: string;
    readonly machine: string;
    readonly from: string;
    readonly to: string;
  }[];
};

/** Writes the owner's word on one linkback into a store, and gives what takes it back. */
export async function decideOn(
  store: DecisionStore,
  id: string,
  moderation: Moderation,
  note = '',
): Promise<string | null> {
  return (await store.decideAll({ ids: [id] }, { moderation, note, by: 'Ada' })).id;
}

const base = '/api/moderation/linkbacks';

/** What the owner sees of a running service, and does to it, through its API. */
export type Owner = {
  readonly list: (query?: Readonly<Record<string, string>>) => Promise<ModeratedList>;
  readonly detail: (id: string) => Promise<ModeratedDetail>;
  /** The linkback whose source is this very URL. */
  readonly find: (source: string) => Promise<Moderated>;
  readonly decide: (id: string, moderation: string, note?: string) => Promise<Moderated>;
};

export function ownerOf(service: Pick<Service, 'api'>): Owner {
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await service.api(method, path, body);
    if (response.ok) return response.json();
    throw new Error(`${method} ${path} gave ${response.status}: ${await response.text()}`);
  };
  const list: Owner['list'] = async (query = {}) =>
    (await ask('GET', `${base}?${new URLSearchParams(query).toString()}`)) as ModeratedList;
  return {
    list,
    detail: async (id) => (await ask('GET', `${base}/${id}`)) as ModeratedDetail,
    find: async (source) => {
      const { items } = await list({ q: source, limit: '100' });
      const found = items.find((each) => each.source.url === source);
      if (found === undefined) throw new Error(`there is no linkback from ${source}`);
      return found;
    },
    decide: async (id, moderation, note) =>
      (await ask('PATCH', `${base}/${id}`, {
        moderation,
        ...(note === undefined ? {} : { note }),
      })) as Moderated,
  };
}
