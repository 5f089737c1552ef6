/**
 * The checks and choices that every task makes of its items.
 */
import { inputError } from '../input-error.ts';

/** The tier of each language, such as `{ swh_Latn: 'low' }`. */
export type Tiers = Readonly<Record<string, string>>;

/**
 * The first `limit` items of each group, in their order.
 * @throws Error when the limit is not a whole number above 0
 */
export function selectItems<Item>(
  task: string,
  items: readonly Item[],
  groupOf: (item: Item) => string,
  limit?: number,
): Item[] {
  if (limit === undefined) return [...items];
  if (!Number.isInteger(limit) || limit < 1) {
    throw inputError(task, `limit must be a whole number above 0, got ${limit}. Leave it out to use every item.`);
  }
  const taken = new Map<string, number>();
  return items.filter((item) => {
    const group = groupOf(item);
    const count = (taken.get(group) ?? 0) + 1;
    taken.set(group, count);
    return count <= limit;
  });
}

/** How many items each group has. */
export function countItems<Item>(items: readonly Item[], groupOf: (item: Item) => string): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(items, groupOf)].map(([group, members]) => [group, members.length]));
}

/**
 * Refuses an empty list, a doubled id and an item without language or tier, naming the first.
 * @param tiers where given, every language must have one
 */
export function checkItems(
  task: string,
  items: readonly { readonly id: string; readonly language: string }[],
  tiers: Tiers | undefined,
): void {
  if (items.length === 0) throw inputError(task, 'needs at least one item, got 0. Is the held-out split empty?');
  const seen = new Set<string>();
  for (const { id, language } of items) {
    if (!id)
      throw inputError(task, 'every item needs an id, got an empty one. Samples of two runs are compared by id.');
    if (seen.has(id))
      throw inputError(task, `ids must differ, got '${id}' twice. Samples of two runs are compared by id.`);
    seen.add(id);
    if (!language) throw inputError(task, `every item needs a language such as 'swh_Latn', got none at item '${id}'.`);
    if (tiers && !Object.hasOwn(tiers, language)) {
      throw inputError(
        task,
        `every language needs a tier, got none for '${language}' at item '${id}'. Add it to tiers.`,
      );
    }
  }
}

/** The groups of a sample: its language and, where tiers are given, its tier. */
export function languageGroups(language: string, tiers: Tiers | undefined): Record<string, string> {
  return tiers ? { language, tier: tiers[language]! } : { language };
}
