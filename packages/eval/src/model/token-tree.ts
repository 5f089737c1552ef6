/**
 * Sequences of tokens as a tree, so that what several begin with is computed once: the examples of an exam, the passage of several questions, the
 * text before the choices of one.
 */
export interface TokenNode {
  /** tokens before its own */
  readonly depth: number;
  /** at least one */
  readonly ids: Int32Array;
  /** positions in the list of the sequences that end with it */
  readonly ends: readonly number[];
  readonly children: readonly TokenNode[];
}

/** A start is shared when that spares this many tokens, or this share of those that are handed around instead. */
const MIN_SPARED_TOKENS = 16;
const MIN_SPARED_SHARE = 1 / 32;

/**
 * @param sequences at least one token each
 * @returns roots; every sequence ends in one node, and is the tokens of that node and of those above it
 */
export function tokenTree(sequences: readonly Int32Array[]): TokenNode[] {
  interface Growth {
    /** sequences alike up to `alike` */
    readonly members: readonly number[];
    /** where the next node begins */
    readonly depth: number;
    readonly alike: number;
    readonly siblings: TokenNode[];
  }
  const roots: TokenNode[] = [];
  const growths: Growth[] = [{ members: [...sequences.keys()], depth: 0, alike: 0, siblings: roots }];
  for (let growth = growths.pop(); growth; growth = growths.pop()) {
    const { depth, alike, siblings } = growth;
    for (const members of Map.groupBy(growth.members, (member) => sequences[member]![alike]).values()) {
      const first = sequences[members[0]!]!;
      const end = commonLength(members.map((member) => sequences[member]!));
      const ends = members.filter((member) => sequences[member]!.length === end);
      const others = members.filter((member) => sequences[member]!.length > end);
      const spared = (others.length + Math.min(1, ends.length) - 1) * (end - depth);
      const isNode = others.length === 0 || spared >= Math.max(MIN_SPARED_TOKENS, end * MIN_SPARED_SHARE);
      const children: TokenNode[] = [];
      if (isNode || ends.length > 0) siblings.push({ depth, ids: first.subarray(depth, end), ends, children });
      if (others.length > 0) {
        growths.push({
          members: others,
          depth: isNode ? end : depth,
          alike: end,
          siblings: isNode ? children : siblings,
        });
      }
    }
  }
  return roots;
}

function commonLength([first, ...others]: readonly Int32Array[]): number {
  return others.reduce((length, other) => {
    let same = 0;
    while (same < Math.min(length, other.length) && other[same] === first![same]) same++;
    return same;
  }, first!.length);
}
