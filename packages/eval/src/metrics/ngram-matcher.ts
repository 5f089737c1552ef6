/**
 * Counts how many n-grams of a sequence also occur in its references, for all orders in one walk, without making strings.
 *
 * The references' n-grams form a trie over symbols; its edges live in one open-addressing table that is wiped by raising an epoch.
 * A hypothesis walks the trie from each position and stops at the first miss, since no longer n-gram can match either.
 *
 * Source: the counts are those of `sacrebleu.metrics.helpers`; the method is ours.
 * Shapes: symbols are non-negative 31-bit integers; counts are [maxOrder].
 */

export interface NgramMatcher {
  /** Forget the references. */
  clear(): void;
  /** Add one reference; over several, an n-gram's count is the largest in any of them. */
  addReference(symbols: Int32Array, length: number): void;
  /** Writes the clipped matches of orders 1..maxOrder to out[offset..]; may be called once per `clear` for each hypothesis. */
  match(symbols: Int32Array, length: number, out: Float64Array, offset: number): void;
}

export function createNgramMatcher(maxOrder: number): NgramMatcher {
  let capacity = 1 << 12;
  let edgeParent = new Int32Array(capacity);
  let edgeSymbol = new Int32Array(capacity);
  let edgeChild = new Int32Array(capacity);
  let edgeEpoch = new Int32Array(capacity);
  let epoch = 1;
  // Per node: the largest count in one reference, the count in the current reference and which one, the matches used up and by whom.
  let limit = new Int32Array(capacity);
  let current = new Int32Array(capacity);
  let currentOwner = new Int32Array(capacity);
  let used = new Int32Array(capacity);
  let usedOwner = new Int32Array(capacity);
  let numNodes = 1;
  let owner = 0;

  const slotOf = (parent: number, symbol: number): number => {
    const mask = capacity - 1;
    let hash = Math.imul(parent, 0x9e3779b1) ^ Math.imul(symbol + 0x7f4a7c15, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    while (edgeEpoch[slot] === epoch && (edgeParent[slot] !== parent || edgeSymbol[slot] !== symbol))
      slot = (slot + 1) & mask;
    return slot;
  };

  const grow = (): void => {
    const [parents, symbols, children, epochs] = [edgeParent, edgeSymbol, edgeChild, edgeEpoch];
    const before = capacity;
    capacity *= 2;
    edgeParent = new Int32Array(capacity);
    edgeSymbol = new Int32Array(capacity);
    edgeChild = new Int32Array(capacity);
    edgeEpoch = new Int32Array(capacity);
    for (let old = 0; old < before; old++) {
      if (epochs[old] !== epoch) continue;
      const slot = slotOf(parents[old]!, symbols[old]!);
      edgeParent[slot] = parents[old]!;
      edgeSymbol[slot] = symbols[old]!;
      edgeChild[slot] = children[old]!;
      edgeEpoch[slot] = epoch;
    }
    const longer = (array: Int32Array): Int32Array<ArrayBuffer> => {
      const copy = new Int32Array(capacity);
      copy.set(array);
      return copy;
    };
    limit = longer(limit);
    current = longer(current);
    currentOwner = longer(currentOwner);
    used = longer(used);
    usedOwner = longer(usedOwner);
  };

  return {
    clear() {
      epoch++;
      numNodes = 1;
    },
    addReference(symbols, length) {
      owner++;
      for (let start = 0; start < length; start++) {
        const end = Math.min(start + maxOrder, length);
        let node = 0;
        for (let position = start; position < end; position++) {
          const symbol = symbols[position]!;
          const slot = slotOf(node, symbol);
          if (edgeEpoch[slot] !== epoch) {
            const child = numNodes++;
            edgeEpoch[slot] = epoch;
            edgeParent[slot] = node;
            edgeSymbol[slot] = symbol;
            edgeChild[slot] = child;
            limit[child] = 0;
            currentOwner[child] = 0;
            usedOwner[child] = 0;
            node = child;
            if (numNodes * 2 > capacity) grow();
          } else {
            node = edgeChild[slot]!;
          }
          if (currentOwner[node] !== owner) {
            currentOwner[node] = owner;
            current[node] = 0;
          }
          const count = ++current[node]!;
          if (count > limit[node]!) limit[node] = count;
        }
      }
    },
    match(symbols, length, out, offset) {
      owner++;
      for (let order = 0; order < maxOrder; order++) out[offset + order] = 0;
      for (let start = 0; start < length; start++) {
        const end = Math.min(start + maxOrder, length);
        let node = 0;
        for (let position = start; position < end; position++) {
          const slot = slotOf(node, symbols[position]!);
          if (edgeEpoch[slot] !== epoch) break;
          node = edgeChild[slot]!;
          if (usedOwner[node] !== owner) {
            usedOwner[node] = owner;
            used[node] = 0;
          }
          if (used[node]! < limit[node]!) {
            used[node]!++;
            out[offset + position - start]!++;
          }
        }
      }
    },
  };
}
