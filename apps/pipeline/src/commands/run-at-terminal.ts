/** Runs stages in front of a person: bars and lines on the terminal, Ctrl-C and a scheduler's signals save and stop. */
import { createRunConsole } from '../console/run-console.ts';
import type { Terminal } from '../console/terminal.ts';
import { type RunOutcome, runStages } from '../runner/run-stages.ts';
import type { RunRecipe } from '../runner/stage.ts';
import { listenForStopSignals } from './recipe/stop-signals.ts';

/** @throws StageFailedError, InterruptedError and BadInputError as `runStages`; the bar is gone by then */
export async function runAtTerminal<R extends RunRecipe>(
  terminal: Terminal,
  run: Omit<Parameters<typeof runStages<R>>[0], 'signal' | 'observer'>,
): Promise<RunOutcome<R>> {
  const runConsole = createRunConsole(terminal);
  const stop = listenForStopSignals((name) => {
    const words = `${name}: stopping as soon as the stage has saved; Ctrl-C again stops at once and loses what is not saved`;
    runConsole.print(terminal.style('yellow', words));
  });
  try {
    runConsole.print(`${terminal.style('bold', run.recipe.name)} in ${run.directory}`);
    return await runStages({ ...run, signal: stop.signal, observer: runConsole });
  } finally {
    runConsole.close();
    stop.close();
  }
}

/** The stages of a run for `--json`. */
export function stagesAsJson(outcome: RunOutcome<RunRecipe>): readonly Record<string, unknown>[] {
  return outcome.stages.map(({ planned, directory, manifest }) => ({
    name: planned.stage.name,
    directory,
    ran: outcome.ran.includes(planned.stage.name),
    seconds: manifest.seconds,
    counts: manifest.counts,
  }));
}
