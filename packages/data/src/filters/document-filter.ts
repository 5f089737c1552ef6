/**
 * What a filter answers: keep, or drop with a reason that can be counted.
 *
 * Source: the filters of datatrove, which answer True or (False, reason).
 */
import type { Document } from '../document.ts';

export interface Keep {
  readonly keep: true;
}

export interface Drop {
  readonly keep: false;
  /** A fixed snake_case word, so that reasons can be counted. */
  readonly reason: string;
}

export type Verdict = Keep | Drop;

export interface DocumentFilter {
  readonly name: string;
  check(document: Document): Verdict;
}

export const KEEP: Keep = { keep: true };

/** @param reason a fixed snake_case word */
export function drop(reason: string): Drop {
  return { keep: false, reason };
}
