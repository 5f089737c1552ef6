/**
 * Disjoint sets over 0 to n - 1 whose representative is always the smallest member, in whatever order they were joined.
 *
 * Source: Tarjan 1975, with path halving; union by index, not by rank, for a result that does not depend on the order of unions.
 */
export interface UnionFind {
  find(member: number): number;
  union(a: number, b: number): void;
}

export function createUnionFind(size: number): UnionFind {
  const parent = Uint32Array.from({ length: size }, (_, index) => index);
  const find = (member: number): number => {
    while (parent[member] !== member) {
      parent[member] = parent[parent[member]!]!;
      member = parent[member]!;
    }
    return member;
  };
  return {
    find,
    union: (a, b) => {
      const [rootA, rootB] = [find(a), find(b)];
      if (rootA < rootB) parent[rootB] = rootA;
      else parent[rootA] = rootB;
    },
  };
}
