import type { KyselyPlugin, RootOperationNode } from 'kysely';

/**
 * Leaves row locks out of statements, for SQLite: its one writer needs none, and its SQL has no words for them.
 *
 * So a statement that must hold its rows on PostgreSQL is the same one on both engines.
 */
export const withoutLocks: KyselyPlugin = {
  transformQuery: ({ node }) => withoutLock(node),
  transformResult: async ({ result }) => result,
};

function withoutLock(node: RootOperationNode): RootOperationNode {
  if (node.kind !== 'SelectQueryNode' || node.endModifiers === undefined) return node;
  const { endModifiers, ...statement } = node;
  const kept = endModifiers.filter(({ modifier }) => modifier === undefined);
  return kept.length === 0 ? statement : { ...statement, endModifiers: kept };
}
