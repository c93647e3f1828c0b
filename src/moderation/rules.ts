import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Directory } from '../linkback/directory.ts';
import { Mistake } from '../linkback/mistake.ts';
import type { ModerationStore, RuleStore } from '../linkback/owner-ports.ts';
import { changeRule, readRule, type RuleDraft } from '../linkback/rule-draft.ts';
import type { Rule } from '../linkback/rule.ts';
import { holderOf } from './access.ts';
import { notFound, notOfAllSites } from './answers.ts';
import { Named, owned, wholeList, WholeList } from './described.ts';
import { ModeratedSchema } from './moderated-linkback.ts';
import { NewRuleSchema, RuleChangeSchema, RuleSchema, toRuleJson } from './rule-json.ts';
import { previewRule } from './rule-preview.ts';
import type { Holder } from './token.ts';

export type RulesOptions = {
  readonly store: RuleStore & Pick<ModerationStore, 'walk' | 'linkback'>;
  readonly directory: Directory;
  readonly now: () => number;
  readonly newId: () => string;
};

type NewRule = RuleDraft & Pick<Rule, 'action'>;
type ById = { Params: { id: string } };

const base = '/api/moderation/rules';
const byId = { tag: 'Rules', params: Named('id', 'The rule’s id.') } as const;

/**
 * Serves standing decisions, and what one would have done to what is stored.
 *
 * A token of one site sees the rules of all sites, too, but changes its own only.
 */
export function manageRules(app: FastifyInstance, options: RulesOptions, done: () => void): void {
  const { store, directory, now, newId } = options;
  const find = async (id: string, holder: Holder): Promise<Rule | undefined> =>
    (await store.rules()).find((rule) => rule.id === id && (rule.site === null || holder.sees(rule.site)));
  const save = async (rule: Rule): Promise<Rule> => {
    await store.saveRule(rule);
    await directory.reload();
    return rule;
  };

  app.get(base, list, async (request) => {
    const { sees } = holderOf(request);
    const rules = await store.rules();
    return wholeList(rules.filter(({ site }) => site === null || sees(site)).map(toRuleJson));
  });

  app.post<{ Body: NewRule }>(base, add, async (request, reply) => {
    const holder = holderOf(request);
    const words = readRule(withSite(request.body, holder));
    if (!holder.sees(words.site)) return notOfAllSites(reply);
    assertSite(words.site, directory);
    const rule = await save({ ...words, id: newId(), createdBy: holder.name, createdAt: now() });
    return reply.code(201).send(toRuleJson(rule));
  });

  app.patch<ById & { Body: RuleDraft }>(`${base}/:id`, change, async (request, reply) => {
    const holder = holderOf(request);
    const rule = await find(request.params.id, holder);
    if (rule === undefined) return notFound(reply, 'rule of this id');
    const changed = changeRule(rule, request.body);
    if (!holder.sees(rule.site) || !holder.sees(changed.site)) return notOfAllSites(reply);
    if (changed.site !== rule.site) assertSite(changed.site, directory);
    return toRuleJson(await save(changed));
  });

  app.delete<ById>(`${base}/:id`, remove, async (request, reply) => {
    const holder = holderOf(request);
    const rule = await find(request.params.id, holder);
    if (rule === undefined) return notFound(reply, 'rule of this id');
    if (!holder.sees(rule.site)) return notOfAllSites(reply);
    await store.deleteRule(rule.id);
    await directory.reload();
    return reply.code(204).send();
  });

  app.post<{ Body: NewRule }>(`${base}/preview`, preview, async (request) => {
    const { site } = holderOf(request);
    const words = readRule(request.body);
    return previewRule(site === null ? words : { ...words, site }, { store, directory });
  });
  done();
}

/** A rule that names no site is for all of them, or for the one that its maker may speak of. */
function withSite(draft: NewRule, { site }: Holder): NewRule {
  return draft.site === undefined ? { ...draft, site } : draft;
}

function assertSite(slug: string | null, { siteOf }: Directory): void {
  if (slug !== null && siteOf(slug) === undefined) throw new Mistake(`There is no site "${slug}".`);
}

const list = owned('read', {
  operationId: 'listRules',
  tag: 'Rules',
  summary: 'List rules',
  description: 'The oldest first.',
  gives: { 200: WholeList(RuleSchema, 'All rules.') },
});

const add = owned('moderate', {
  operationId: 'addRule',
  tag: 'Rules',
  summary: 'Add a rule',
  description: 'It decides on what comes from now on; what is stored stays as it is.',
  body: NewRuleSchema,
  gives: { 201: RuleSchema },
  refuses: [503],
});

const change = owned('moderate', {
  ...byId,
  operationId: 'changeRule',
  summary: 'Change a rule',
  body: RuleChangeSchema,
  gives: { 200: RuleSchema },
  refuses: [503],
});

const remove = owned('moderate', {
  ...byId,
  operationId: 'deleteRule',
  summary: 'Delete a rule',
  description: 'What it decided stays decided.',
  gives: { 204: null },
  refuses: [503],
});

const preview = owned('read', {
  operationId: 'previewRule',
  tag: 'Rules',
  summary: 'See what a rule would have done to what is stored',
  description: 'Nothing is changed. The newest 100,000 linkbacks are looked at.',
  body: NewRuleSchema,
  gives: {
    200: Type.Object({
      matching: Type.Integer({ description: 'How many it matches.' }),
      wouldChange: Type.Integer({ description: 'How many of these would stand elsewhere than they do.' }),
      checked: Type.Integer({ description: 'How many were looked at.' }),
      isComplete: Type.Boolean({ description: 'Whether these are all there are.' }),
      examples: Type.Array(ModeratedSchema, {
        description: 'Ten at most, first those that it would change.',
      }),
    }),
  },
});
