import type { RuleStore } from '../linkback/owner-ports.ts';
import type { Rule } from '../linkback/rule.ts';
import type { Engine } from './engine.ts';
import type { RuleRow } from './tables.ts';

export function ruleStore({ db, write }: Engine): RuleStore {
  return {
    rules: async () => (await db.selectFrom('rule').selectAll().orderBy('id').execute()).map(decodeRule),
    saveRule: (rule) =>
      write(async (db) => {
        const row = encodeRule(rule);
        await db
          .insertInto('rule')
          .values(row)
          .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
          .execute();
      }),
    deleteRule: (id) =>
      write(async (db) => {
        const result = await db.deleteFrom('rule').where('id', '=', id).executeTakeFirst();
        return result.numDeletedRows > 0n;
      }),
  };
}

function encodeRule(rule: Rule): RuleRow {
  return {
    id: rule.id,
    site: rule.site,
    action: rule.action,
    source_host: rule.sourceHost,
    source_prefix: rule.sourcePrefix,
    author: rule.author,
    target_path: rule.targetPath,
    dialect: rule.dialect,
    note: rule.note,
    created_by: rule.createdBy,
    created_at: rule.createdAt,
  };
}

function decodeRule(row: RuleRow): Rule {
  return {
    id: row.id,
    site: row.site,
    action: row.action,
    sourceHost: row.source_host,
    sourcePrefix: row.source_prefix,
    author: row.author,
    targetPath: row.target_path,
    dialect: row.dialect,
    note: row.note,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
