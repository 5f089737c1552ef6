/**
 * The processes that take part in one suite: started together, absent ones said, all ended when the suite ends however it ends.
 */
import type { SuiteContext } from '../suite.ts';
import type { ContestantProcess, StartedProcess } from './start-process.ts';

export interface Field extends AsyncDisposable {
  /** Present contestants by name, in the order they were entered. */
  readonly present: ReadonlyMap<string, ContestantProcess>;
  /** Enters a contestant; facts become a note. @returns the process, or null when it is absent, which is then said */
  enter(peer: string, started: Promise<StartedProcess>, name?: string): Promise<ContestantProcess | null>;
}

export function createField(context: Pick<SuiteContext, 'note' | 'absent'>): Field {
  const present = new Map<string, ContestantProcess>();
  return {
    present,
    async enter(peer, started, name = peer) {
      const result = await started;
      if ('absent' in result) {
        context.absent(peer, result.absent);
        return null;
      }
      present.set(name, result.process);
      const facts = Object.entries(result.process.facts).map(([key, value]) => `${key} ${value}`);
      if (facts.length > 0) context.note(`${name}: ${facts.join(', ')}`);
      return result.process;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...present.values()].map((contestant) => contestant.close()));
    },
  };
}
