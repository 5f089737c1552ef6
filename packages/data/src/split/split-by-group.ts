/**
 * Splits documents into train, validation and test by whole groups, so that what belongs together is never on both sides.
 *
 * For a text in many languages the group is the article: the same ones are then held out in every language, and no translation of a held-out
 * article is ever trained on.
 * Units: shares are of the groups, 0 to 1.
 */
import type { Document } from '../document.ts';
import { createRandomStream, shuffleInPlace } from '../random/create-random-stream.ts';

/** One of the three splits. */
export type SplitName = 'train' | 'validation' | 'test';

/** How documents belong together, and how much is held out. */
export interface SplitByGroupOptions {
  /** The group of a document, which is never divided. */
  readonly groupOf: (document: Document) => string;
  /** At least one group each, when above 0. */
  readonly validationShare: number;
  readonly testShare: number;
  readonly seed: number | string;
  /** Groups that must be trained on, for example a preamble that is most of the text. */
  readonly alwaysTrain?: (group: string) => boolean;
}

/** The documents of the three splits. */
export interface Split {
  readonly train: readonly Document[];
  readonly validation: readonly Document[];
  readonly test: readonly Document[];
  /** Where every group went. */
  readonly groups: ReadonlyMap<string, SplitName>;
}

/** Numbers first and by value, then text: the same order on every machine. */
function compareGroups(a: string, b: string): number {
  const [left, right] = [Number(a), Number(b)];
  if (Number.isFinite(left) && Number.isFinite(right) && left !== right) return left - right;
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * @throws Error for shares that leave nothing to train on, and when there are too few groups to hold out one for each share
 */
export function splitByGroup(documents: readonly Document[], options: SplitByGroupOptions): Split {
  const { groupOf, validationShare, testShare, seed, alwaysTrain = () => false } = options;
  if (!(validationShare >= 0 && testShare >= 0 && validationShare + testShare < 1)) {
    throw new Error(
      `[@marco-ts/data] splitByGroup: validationShare and testShare must be at least 0 and sum below 1, got ${validationShare} and ${testShare}. 0.1 each is usual.`,
    );
  }
  const all = [...new Set(documents.map(groupOf))].sort(compareGroups);
  const free = shuffleInPlace(
    all.filter((group) => !alwaysTrain(group)),
    createRandomStream(`${seed}/split`),
  );
  const held = (share: number): number => (share === 0 ? 0 : Math.max(1, Math.round(share * all.length)));
  const numValidation = held(validationShare);
  const numTest = held(testShare);
  const needed = numValidation + numTest + (free.length === all.length ? 1 : 0);
  if (documents.length > 0 && free.length < needed) {
    throw new Error(
      `[@marco-ts/data] splitByGroup: there must be at least ${needed} groups that may be held out, got ${free.length} of ${all.length}. Lower the shares or make smaller groups.`,
    );
  }
  const groups = new Map<string, SplitName>(all.map((group) => [group, 'train']));
  for (const [index, group] of free.entries()) {
    if (index < numValidation) groups.set(group, 'validation');
    else if (index < numValidation + numTest) groups.set(group, 'test');
  }
  const of = (name: SplitName): Document[] => documents.filter((document) => groups.get(groupOf(document)) === name);
  return { train: of('train'), validation: of('validation'), test: of('test'), groups };
}
