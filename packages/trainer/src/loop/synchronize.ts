/**
 * How several runs of this loop share what they learn: every so many steps each hands in its parameters and takes up the common ones.
 *
 * `createDilocoWorker` makes one; the loop knows no more of it than this.
 */
import type { ParamMap } from '@marco-ts/core';

/** Parameters and step of the common run. */
export interface SharedState {
  /** Tensors that are not those handed in are owned by the loop. */
  readonly params: ParamMap;
  /** Where the common run stands: later than this run's own step when it was left behind. */
  readonly step: number;
}

/** What an exchange brought, and what is to be logged of it. */
export interface Exchange extends SharedState {
  readonly metrics: Readonly<Record<string, number>>;
  /** for people, such as a worker that did not answer */
  readonly notes: readonly string[];
}

/** Called by the loop at its exchanges, so that several runs become one. */
export interface Synchronize {
  /** Steps between two exchanges. */
  readonly every: number;
  /** Called before the first step, with where this run would begin or go on. */
  join(params: ParamMap, step: number): Promise<SharedState>;
  /** Called after every `every`-th step and after the last one. */
  exchange(params: ParamMap, step: number): Promise<Exchange>;
}
