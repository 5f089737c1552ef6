/** The page: which run, which tab, and what changes while one looks at it. The address says both, so a view can be kept and sent. */
import type { RunListEntry, RunView } from '../api-types.ts';
import { ask } from './api.ts';
import { element, fill } from './dom.ts';
import { formatDuration } from './format.ts';
import { choice, empty } from './pieces.ts';
import type { OpenView, View } from './view.ts';
import { openCompare } from './views/compare.ts';
import { openData } from './views/data.ts';
import { openEvaluation } from './views/evaluation.ts';
import { openLanguages } from './views/languages.ts';
import { openOverview } from './views/overview.ts';
import { openPairs } from './views/pairs.ts';
import { openSamples } from './views/samples.ts';
import { openTraining } from './views/training.ts';

const TABS: readonly (readonly [id: string, title: string, open: OpenView])[] = [
  ['overview', 'Overview', openOverview],
  ['training', 'Training', openTraining],
  ['languages', 'Languages', openLanguages],
  ['data', 'Data', openData],
  ['pairs', 'Pairs', openPairs],
  ['samples', 'Samples', openSamples],
  ['evaluation', 'Evaluation', openEvaluation],
  ['compare', 'Compare', openCompare],
];

const header = element('header', { class: 'top' });
const tabs = element('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Views' });
const panel = element('main', { id: 'panel', role: 'tabpanel', tabindex: -1 });
document.querySelector('#app')!.append(
  element(
    'a',
    {
      class: 'skip',
      href: '#panel',
      onclick: (event) => {
        event.preventDefault();
        panel.focus();
      },
    },
    'Skip to the view',
  ),
  header,
  tabs,
  panel,
);

let runs: readonly RunListEntry[] = [];
let run: RunView | undefined;
let view: View = {};
let opened = new AbortController();
let events: EventSource | undefined;
let refreshing: Promise<void> | undefined;
let isStale = false;

function address(): { run: string | undefined; tab: string } {
  const [own, tab] = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  return { run: own || undefined, tab: TABS.some(([id]) => id === tab) ? tab! : 'overview' };
}

const go = (id: string, tab: string): void => {
  location.hash = `#/${encodeURIComponent(id)}/${tab}`;
};

async function show(): Promise<void> {
  opened.abort();
  opened = new AbortController();
  const { signal } = opened;
  try {
    runs = (await ask<RunListEntry[]>(['runs'])) ?? [];
    const wanted = address();
    const id = runs.find((one) => one.id === wanted.run)?.id ?? runs[0]?.id;
    run = id === undefined ? undefined : await ask<RunView>(['runs', id]);
    if (signal.aborted) return;
    showHeader();
    if (run === undefined) {
      tabs.replaceChildren();
      fill(panel, empty('There is no run here yet. Start one with: marco run tiny-cpu'));
      setTimeout(() => void show(), 3000);
      return;
    }
    document.title = `${run.id === '.' ? run.name : run.id} · marco`;
    showTabs(wanted.tab);
    listen(run.id);
    const open = TABS.find(([tab]) => tab === wanted.tab)![2];
    panel.setAttribute('aria-labelledby', `tab-${wanted.tab}`);
    panel.dataset.view = wanted.tab;
    // A view of its own: what an older one still draws goes nowhere.
    const box = element('div', {});
    fill(panel, box);
    view = {};
    const next = await open({ run, runs, panel: box, signal });
    if (!signal.aborted) view = next;
  } catch (error) {
    if (!signal.aborted) fill(panel, empty(`The server does not answer: ${(error as Error).message}`));
  }
}

function showHeader(): void {
  const state =
    run === undefined ? '' : run.isRunning ? 'running' : run.numFinished === run.numStages ? 'done' : 'stopped';
  const left =
    run?.isRunning && run.etaSeconds !== undefined
      ? ` · ${run.numUnknown > 0 ? 'more than ' : ''}${formatDuration(run.etaSeconds)} left`
      : '';
  fill(
    header,
    element('strong', { class: 'brand' }, 'marco'),
    runs.length > 0 &&
      choice(
        'Run',
        runs.map(({ id, name }) => [id, id === '.' ? name : id] as const),
        run?.id,
        (id) => go(id, address().tab),
      ),
    run !== undefined &&
      element(
        'span',
        { class: `status ${state}`, role: 'status' },
        `${state} · ${run.numFinished} of ${run.numStages} stages${left}`,
      ),
  );
}

function showTabs(chosen: string): void {
  if (run === undefined) return;
  const { id } = run;
  const hadFocus = tabs.contains(document.activeElement);
  fill(
    tabs,
    ...TABS.map(([tab, title]) =>
      element(
        'a',
        {
          id: `tab-${tab}`,
          role: 'tab',
          href: `#/${encodeURIComponent(id)}/${tab}`,
          'aria-selected': String(tab === chosen),
          'aria-controls': 'panel',
          tabindex: tab === chosen ? 0 : -1,
        },
        title,
      ),
    ),
  );
  const own = tabs.querySelector<HTMLElement>('[aria-selected=true]');
  own?.scrollIntoView({ block: 'nearest', inline: 'center' });
  if (hadFocus) own?.focus();
}

tabs.addEventListener('keydown', (event) => {
  const at = TABS.findIndex(([id]) => id === address().tab);
  const target = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
  if (target === undefined || run === undefined) return;
  event.preventDefault();
  go(run.id, TABS[(target + TABS.length) % TABS.length]![0]);
});

/** Listens to the run that is looked at, and to no other. */
function listen(id: string): void {
  const url = `/api/runs/${encodeURIComponent(id)}/events`;
  if (events?.url.endsWith(url)) return;
  events?.close();
  events = new EventSource(url);
  events.addEventListener('changed', () => void refresh());
}

/** One at a time; what changes meanwhile is looked at once, afterwards. */
async function refresh(): Promise<void> {
  if (refreshing !== undefined) {
    isStale = true;
    return;
  }
  refreshing = (async () => {
    do {
      isStale = false;
      if (run === undefined) return;
      const next = await ask<RunView>(['runs', run.id]);
      if (next === undefined || next.id !== run.id) continue;
      run = next;
      if (!header.contains(document.activeElement)) showHeader();
      await view.refresh?.(next);
    } while (isStale);
  })().catch(() => undefined);
  await refreshing;
  refreshing = undefined;
}

addEventListener('hashchange', () => void show());
void show();
