/**
 * Shows a run on the console: what is up to date, one bar per stage, a closing line per stage.
 */
import type { StageManifest } from '@marco-ts/checkpoint';
import { formatBytes, formatCount, formatDuration } from '../format/format-quantity.ts';
import type { PlannedStage } from '../runner/plan-run.ts';
import type { RunObserver } from '../runner/run-stages.ts';
import type { RunRecipe } from '../runner/stage.ts';
import { createProgressBar } from './progress-bar.ts';
import type { Terminal } from './terminal.ts';

export interface RunConsole extends RunObserver {
  /** takes the bar away; call before printing anything else */
  close(): void;
  print(line: string): void;
}

export function createRunConsole(terminal: Terminal): RunConsole {
  const bar = createProgressBar(terminal);
  const titleOf = (planned: PlannedStage<RunRecipe>): string =>
    `${planned.directoryName.slice(0, 2)} ${planned.stage.title ?? planned.stage.name}`;
  return {
    progress: bar,
    onPlan(planned) {
      for (const entry of planned) {
        if (entry.status === 'up-to-date') bar.print(terminal.style('dim', `• ${titleOf(entry)}: up to date`));
      }
    },
    onStageStart(planned) {
      bar.open(titleOf(planned));
      bar.print(`${terminal.style('cyan', '▸')} ${terminal.style('bold', titleOf(planned))}: ${planned.reason}`);
    },
    onStageEnd(planned, manifest) {
      bar.close();
      bar.print(`${terminal.style('green', '✔')} ${terminal.style('bold', titleOf(planned))}: ${closing(manifest)}`);
    },
    onLog(message) {
      // The runner's own lines about a stage are shown by the callbacks above; `run.log` has them all.
      if (!message.startsWith('stage ')) bar.print(terminal.style('dim', `  ${message}`));
    },
    close: () => bar.close(),
    print: (line) => bar.print(line),
  };
}

function closing(manifest: StageManifest): string {
  const counts = Object.entries(manifest.counts).map(([name, value]) => `${name} ${formatCount(value)}`);
  const peak = manifest.notes?.peakRssBytes;
  const memory = typeof peak === 'number' ? [formatBytes(peak)] : [];
  return [formatDuration(manifest.seconds), ...memory, ...counts].join(', ');
}
