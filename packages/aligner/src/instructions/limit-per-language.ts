/**
 * Keeps the first few items of each language, in order.
 */

/** @param limit items per language; undefined keeps all */
export function limitPerLanguage<Item extends { readonly language: string }>(
  items: readonly Item[],
  limit: number | undefined,
): Item[] {
  if (limit === undefined) return [...items];
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new Error(
      `[@marco-ts/aligner] limitPerLanguage: the limit per language must be a whole number >= 1, got ${limit}. Leave it out for all.`,
    );
  }
  const taken = new Map<string, number>();
  return items.filter(({ language }) => {
    const count = (taken.get(language) ?? 0) + 1;
    taken.set(language, count);
    return count <= limit;
  });
}
