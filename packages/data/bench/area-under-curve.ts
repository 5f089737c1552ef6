/**
 * Area under the ROC curve: how often a good item has a higher score than a bad one; ties count half.
 *
 * Source: Mann and Whitney 1947, by ranks.
 */
export interface ScoredItem {
  readonly score: number;
  readonly isGood: boolean;
}

/** @returns 0 to 1; 0.5 is chance; NaN when one side is empty */
export function areaUnderCurve(items: readonly ScoredItem[]): number {
  const sorted = [...items].sort((a, b) => a.score - b.score);
  const numGood = sorted.filter(({ isGood }) => isGood).length;
  let rankSum = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end]!.score === sorted[start]!.score) end++;
    const meanRank = (start + end + 1) / 2;
    for (let i = start; i < end; i++) if (sorted[i]!.isGood) rankSum += meanRank;
    start = end;
  }
  return (rankSum - (numGood * (numGood + 1)) / 2) / (numGood * (sorted.length - numGood));
}
