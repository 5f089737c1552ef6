/**
 * Texts that begin alike, such as the questions of one exam after the same examples, so that their start is read once.
 */
export interface StartGroup {
  /** positions in the list */
  readonly members: readonly number[];
  /** tokens that all members begin with, each with at least one after them; 0 where nothing is shared */
  readonly numCommon: number;
}

/** A shorter start costs more to hand around than to compute again. */
const MIN_COMMON_TOKENS = 16;
/** Fewer texts are better off in a batch with others. */
const MIN_MEMBERS = 4;

/** @returns every position once; those that share nothing worth it are one group */
export function groupByStart(inputs: readonly Int32Array[]): StartGroup[] {
  const alike = Map.groupBy(inputs.keys(), (index) =>
    inputs[index]!.length > MIN_COMMON_TOKENS ? inputs[index]!.subarray(0, MIN_COMMON_TOKENS).join() : '',
  );
  const groups: StartGroup[] = [];
  const others: number[] = [];
  for (const [start, members] of alike) {
    if (start === '' || members.length < MIN_MEMBERS) others.push(...members);
    else groups.push({ members, numCommon: commonLength(members.map((index) => inputs[index]!)) });
  }
  return others.length > 0
    ? [...groups, { members: others.sort((left, right) => left - right), numCommon: 0 }]
    : groups;
}

function commonLength(inputs: readonly Int32Array[]): number {
  const [first] = inputs;
  return inputs.reduce((length, input) => {
    let same = 0;
    while (same < Math.min(length, input.length - 1) && input[same] === first![same]) same++;
    return same;
  }, first!.length - 1);
}
