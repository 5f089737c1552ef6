/** @returns distinct: index of the first of each kind of item; slots: for each item, its position in `distinct` */
export function deduplicate<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
): { distinct: number[]; slots: number[] } {
  const seen = new Map<string, number>();
  const distinct: number[] = [];
  const slots = items.map((item, index) => {
    const name = key(item);
    const slot = seen.get(name) ?? distinct.length;
    if (slot === distinct.length) {
      seen.set(name, slot);
      distinct.push(index);
    }
    return slot;
  });
  return { distinct, slots };
}
