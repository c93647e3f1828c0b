/** What may stand within what in an XML-RPC message: the table behind the strict reading in wire.ts. */

const scalars = ['i4', 'int', 'boolean', 'string', 'double', 'dateTime.iso8601', 'base64'] as const;

type Rule = {
  readonly allows: readonly string[];
  /** Children that must be there. */
  readonly needs: readonly string[];
  /** Whether a child may come more than once. */
  readonly repeats: boolean;
};

const rules: Readonly<Record<string, Rule>> = {
  methodCall: { allows: ['methodName', 'params'], needs: ['methodName'], repeats: false },
  methodResponse: { allows: ['params', 'fault'], needs: [], repeats: false },
  params: { allows: ['param'], needs: [], repeats: true },
  param: { allows: ['value'], needs: ['value'], repeats: false },
  fault: { allows: ['value'], needs: ['value'], repeats: false },
  value: { allows: [...scalars, 'struct', 'array'], needs: [], repeats: false },
  struct: { allows: ['member'], needs: [], repeats: true },
  member: { allows: ['name', 'value'], needs: ['name', 'value'], repeats: false },
  array: { allows: ['data'], needs: ['data'], repeats: false },
  data: { allows: ['value'], needs: [], repeats: true },
};

const leaves: ReadonlySet<string> = new Set(['methodName', 'name', ...scalars]);

/** An element that is being read, and what it holds so far; words in a `value` stand as `#text`. */
export type OpenElement = { readonly name: string; readonly children: string[] };

/** Whether an element may begin here; the codec goes by position, so a member's name comes first. */
export function mayBegin(name: string, parent: OpenElement | undefined, root: string): boolean {
  if (parent === undefined) return name === root;
  const rule = ruleOf(parent.name);
  if (rule?.allows.includes(name) !== true) return false;
  if (parent.name === 'value' && parent.children.length > 0) return false;
  if (parent.name === 'member' && name === 'value' && !parent.children.includes('name')) return false;
  return rule.repeats || !parent.children.includes(name);
}

/** Whether words may stand directly in an element: in a leaf, or in a value that has no type. */
export function mayHoldText(holder: OpenElement): boolean {
  return (
    leaves.has(holder.name) ||
    (holder.name === 'value' && holder.children.every((child) => child === '#text'))
  );
}

export function isComplete(element: OpenElement): boolean {
  return ruleOf(element.name)?.needs.every((name) => element.children.includes(name)) ?? true;
}

function ruleOf(name: string): Rule | undefined {
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}
