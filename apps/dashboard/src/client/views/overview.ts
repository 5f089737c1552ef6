/** Stages and when they should be done, what the run is made on, and its log. */
import type { RunView, StageView } from '../../api-types.ts';
import { type Child, element, fill } from '../dom.ts';
import { formatBytes, formatCount, formatDuration, formatTime, words } from '../format.ts';
import { bar, section, table } from '../pieces.ts';
import type { OpenView } from '../view.ts';

const STATUS_WORDS: Readonly<Record<StageView['status'], string>> = {
  finished: 'done',
  running: 'running',
  stopped: 'stopped',
  waiting: 'to come',
};

export const openOverview: OpenView = async ({ run, panel }) => {
  const show = (now: RunView): void => {
    const slowest = Math.max(...now.stages.map(({ seconds = 0 }) => seconds), 1);
    fill(
      panel,
      figures(now),
      now.caveats.length > 0 &&
        element(
          'details',
          { class: 'caveats' },
          element('summary', {}, `${now.caveats.length} caveats of this recipe`),
          element('ul', {}, ...now.caveats.map((caveat) => element('li', {}, caveat))),
        ),
      section('Stages', undefined, stageTable(now, slowest)),
      section(
        'Log',
        undefined,
        element('pre', { tabindex: 0, 'aria-label': 'last lines of run.log' }, now.log.slice(-40).join('\n')),
      ),
    );
  };
  show(run);
  return {
    async refresh(now) {
      show(now);
    },
  };
};

function figures(run: RunView): HTMLElement {
  const done = run.stages.filter(({ status }) => status === 'finished').length;
  const isDone = done === run.stages.length;
  const left =
    run.etaSeconds === undefined
      ? 'not known'
      : `${run.numUnknown > 0 ? 'more than ' : ''}${formatDuration(run.etaSeconds)}`;
  const peak = Math.max(...run.stages.map(({ peakRssBytes = 0 }) => peakRssBytes));
  const entries: readonly (readonly [string, Child, string])[] = [
    ['Stages', `${done} of ${run.stages.length}`, isDone ? 'all done' : run.isRunning ? 'running' : 'not running'],
    ['Time so far', formatDuration(run.elapsedSeconds), `since ${formatTime(run.startedAt)}`],
    [
      'Time left',
      isDone ? '–' : left,
      isDone ? '' : run.numUnknown > 0 ? `${run.numUnknown} stages not estimated` : 'from stages like these',
    ],
    ['Peak memory', peak > 0 ? formatBytes(peak) : '–', 'resident'],
    [
      'Backend',
      run.backend?.name ?? '–',
      run.versions['marco-ts'] === undefined ? '' : `marco-ts ${run.versions['marco-ts']}`,
    ],
  ];
  return element(
    'dl',
    { class: 'figures' },
    ...entries.map(([term, value, note]) =>
      element(
        'div',
        {},
        element('dt', {}, term),
        element('dd', {}, element('strong', {}, value), element('span', {}, note)),
      ),
    ),
  );
}

function stageTable(run: RunView, slowest: number): HTMLElement {
  return table(
    'Stages',
    [
      { title: 'Stage', cell: ({ title }) => title },
      {
        title: 'Status',
        isText: true,
        cell: ({ status }) => element('span', { class: `status ${status}` }, STATUS_WORDS[status]),
      },
      { title: 'Time', cell: ({ seconds }) => (seconds === undefined ? '' : formatDuration(seconds)) },
      { title: '', isText: true, cell: (stage) => progressOf(stage, slowest) },
      {
        title: 'Left',
        cell: ({ status, etaSeconds }) =>
          status === 'finished' || etaSeconds === undefined ? '' : formatDuration(etaSeconds),
      },
      {
        title: 'Counts',
        isText: true,
        cell: ({ counts }) =>
          element(
            'span',
            { class: 'counts' },
            Object.entries(counts)
              .map(([name, value]) => `${readable(name)} ${formatCount(value)}`)
              .join(' · '),
          ),
      },
    ],
    run.stages,
  );
}

const readable = (name: string): string =>
  words(name.replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`));

function progressOf({ status, step, numSteps, seconds }: StageView, slowest: number): Child {
  if (step !== undefined && numSteps !== undefined && numSteps > 0) {
    return element(
      'span',
      { class: 'progress' },
      bar(step / numSteps, status),
      element('small', {}, `${formatCount(step)} of ${formatCount(numSteps)} steps`),
    );
  }
  return seconds === undefined ? '' : bar(seconds / slowest, status);
}
