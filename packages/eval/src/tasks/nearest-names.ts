/** The names most like one that was mistyped, by shared pairs of letters; ties in their order. */
export function nearestNames(name: string, known: readonly string[], count = 3): string[] {
  const own = pairsOf(name);
  return known
    .map((candidate) => {
      const pairs = pairsOf(candidate);
      let shared = 0;
      for (const pair of own) if (pairs.has(pair)) shared++;
      return { candidate, likeness: (2 * shared) / (own.size + pairs.size) };
    })
    .sort((left, right) => right.likeness - left.likeness)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

function pairsOf(text: string): Set<string> {
  const padded = ` ${text.toLowerCase()} `;
  return new Set(Array.from({ length: padded.length - 1 }, (_, index) => padded.slice(index, index + 2)));
}
