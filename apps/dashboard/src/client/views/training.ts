/** Loss, learning rate, gradient norm, throughput, validation and every other number of a training log; loss by source as small multiples. */
import type { Curve, RunView, TrainingView } from '../../api-types.ts';
import { ask } from '../api.ts';
import { type Child, element, fill } from '../dom.ts';
import { formatCount, formatWhole, nameOf, words } from '../format.ts';
import { type LineChart, type LineChartOptions, lineChart, type StepRange } from '../line-chart.ts';
import { choice, empty, section } from '../pieces.ts';
import { commonScale, type SmallMultiple, smallMultiple } from '../small-multiple.ts';
import type { OpenView } from '../view.ts';

type Place = 'main' | 'validation' | 'others';

type ChartPlan = Pick<LineChartOptions, 'title' | 'unit' | 'colors' | 'isSmoothed'> & {
  readonly place: Place;
  readonly names: readonly string[];
};

const MAIN_CHARTS: readonly ChartPlan[] = [
  {
    place: 'main',
    names: ['loss'],
    title: 'Loss',
    unit: 'nats per token, or the preference loss',
    colors: ['--c1'],
    isSmoothed: true,
  },
  { place: 'main', names: ['learningRate'], title: 'Learning rate', unit: '', colors: ['--c5'] },
  {
    place: 'main',
    names: ['gradNorm'],
    title: 'Gradient norm',
    unit: 'before clipping',
    colors: ['--c4'],
    isSmoothed: true,
  },
  {
    place: 'main',
    names: ['tokensPerSecond'],
    title: 'Throughput',
    unit: 'tokens per second',
    colors: ['--c3'],
    isSmoothed: true,
  },
];
const NOT_PLOTTED = new Set(['durationMs']);
const VALIDATION = 'eval/';
const LANGUAGE = /\/[a-z]{2,3}_[A-Z][a-z]{3}$/;
const VALIDATION_NOTE = 'Held-out text, measured while training; a tier is the mean of its languages.';
const UNITS: Readonly<Record<string, string>> = {
  forgetting: 'bits per byte lost since the base; lower is better',
  gain: 'bits per byte won since the base; higher is better',
};
const CURVE_COLORS = ['--c1', '--c4', '--c3', '--c5', '--c2', '--c6'];

export const openTraining: OpenView = async ({ run, panel, signal }) => {
  let now = run;
  const stagesOf = (own: RunView) => own.stages.filter(({ hasTrainingLog }) => hasTrainingLog);
  const pick = (own: RunView) => stagesOf(own).find(({ status }) => status !== 'finished') ?? stagesOf(own)[0];
  let stage = pick(run)?.name;
  let range: StepRange = {};
  let charts: { readonly plan: ChartPlan; readonly chart: LineChart }[] = [];
  const controls = element('div', { class: 'controls' });
  const facts = element('p', { class: 'note', 'aria-live': 'polite' });
  const boxes: Record<Place, HTMLElement> = {
    main: element('div', { class: 'charts' }),
    validation: element('div', { class: 'charts' }),
    others: element('div', { class: 'charts' }),
  };
  const sections: Partial<Record<Place, HTMLElement>> = {
    validation: section('Validation', VALIDATION_NOTE, boxes.validation),
    others: section('Other numbers of the log', undefined, boxes.others),
  };
  const sources = element('div', {});
  const warnings = element('div', {});
  const content = [controls, facts, boxes.main, sections.validation, sources, sections.others, warnings];

  const load = async (): Promise<void> => {
    if (stage === undefined) return;
    const asked = range;
    const view = await ask<TrainingView>(['runs', now.id, 'training', stage], { points: 1500, ...range }, signal);
    // An answer to an earlier question may come after that to a later one.
    if (view === undefined || view.stage !== stage || asked !== range) return;
    facts.textContent = factsOf(view, range);
    draw(view);
  };

  const setRange = (next: StepRange): void => {
    range = next;
    showControls();
    void load();
  };

  const draw = (view: TrainingView): void => {
    const byName = new Map(view.curves.map((curve) => [curve.name, curve]));
    const plans = [...MAIN_CHARTS, ...validationPlans(view.curves), ...otherPlans(view.curves)].filter(({ names }) =>
      names.some((name) => byName.has(name)),
    );
    const key = (own: readonly ChartPlan[]): string => own.map(({ title }) => title).join();
    if (key(plans) !== key(charts.map(({ plan }) => plan))) {
      for (const { chart } of charts) chart.close();
      charts = plans.map((plan) => ({ plan, chart: lineChart({ ...plan, onRange: setRange }) }));
      for (const [place, box] of Object.entries(boxes)) {
        fill(box, ...charts.flatMap(({ plan, chart }) => (plan.place === place ? [chart.root] : [])));
        const own = sections[place as Place];
        if (own !== undefined) own.hidden = box.childElementCount === 0;
      }
    }
    for (const [index, { chart }] of charts.entries()) {
      const { names } = plans[index]!;
      // Of a family the title says the first part.
      const nameIn = (name: string): string => (names.length > 1 ? name.split('/').at(-1)! : name);
      chart.update(
        names.flatMap((name) => byName.get(name) ?? []).map((curve) => ({ ...curve, name: nameIn(curve.name) })),
      );
    }
    fill(sources, sourceMultiples(view.curves));
    fill(
      warnings,
      view.warnings.length > 0 &&
        section(
          'Warnings',
          undefined,
          element(
            'ul',
            {},
            ...view.warnings
              .slice(-50)
              .map(({ step, message }) => element('li', {}, `step ${formatCount(step)}: ${message}`)),
          ),
        ),
    );
  };

  const showControls = (): void => {
    const isZoomed = range.from !== undefined || range.to !== undefined;
    fill(
      controls,
      choice(
        'Stage',
        stagesOf(now).map(({ name, title }) => [name, title] as const),
        stage,
        (value) => {
          stage = value;
          setRange({});
        },
      ),
      isZoomed && element('button', { type: 'button', onclick: () => setRange({}) }, 'Show all steps'),
    );
  };

  signal.addEventListener('abort', () => {
    for (const { chart } of charts) chart.close();
  });
  if (stage === undefined) fill(panel, empty('No stage has written a training log yet.'));
  else {
    fill(panel, ...content);
    showControls();
    await load();
  }
  return {
    async refresh(next) {
      const before = stagesOf(now).length;
      now = next;
      if (stage === undefined && (stage = pick(next)?.name) !== undefined) fill(panel, ...content);
      if (stagesOf(next).length !== before) showControls();
      await load();
    },
  };
};

function factsOf(
  { step, numSteps, numPoints, isFinished, checkpoints }: TrainingView,
  { from, to }: StepRange,
): string {
  const shown =
    from === undefined && to === undefined ? '' : `, showing ${formatWhole(from ?? 0)} to ${formatWhole(to ?? step)}`;
  return `Step ${formatCount(step)} of ${formatCount(numSteps)}${isFinished ? ', finished' : ''}${shown} · ${formatCount(numPoints)} points in the log · ${checkpoints.length} checkpoints. Drag or press + to look closer, 0 to see all.`;
}

/** Metrics of one family (`rewards/chosen`, `rewards/rejected`) share a chart. */
function otherPlans(curves: readonly Curve[]): ChartPlan[] {
  const known = new Set(MAIN_CHARTS.flatMap(({ names }) => names));
  const rest = curves
    .map(({ name }) => name)
    .filter((name) => !known.has(name) && !NOT_PLOTTED.has(name) && !/^(loss|eval)\//.test(name));
  const chosen = rest.filter((name) => /\/(chosen|rejected)$/.test(name));
  const families = Map.groupBy(rest, (name) => (chosen.includes(name) ? name.split('/')[0]! : name));
  return [...families].map(([title, names]) => ({ place: 'others', names, title, unit: '', colors: CURVE_COLORS }));
}

/** Groups of languages share a chart for each metric; single languages have small ones of their own in the tab Languages. */
function validationPlans(curves: readonly Curve[]): ChartPlan[] {
  const names = curves.map(({ name }) => name).filter((name) => name.startsWith(VALIDATION) && !LANGUAGE.test(name));
  return [...Map.groupBy(names, (name) => name.split('/')[1]!)].map(([metric, family]) => ({
    place: 'validation',
    names: family.toSorted((a, b) => Number(b.endsWith('/all')) - Number(a.endsWith('/all'))),
    title: words(metric),
    unit: UNITS[metric] ?? '',
    colors: CURVE_COLORS,
  }));
}

function sourceMultiples(curves: readonly Curve[]): Child {
  const multiples = curves.flatMap(({ name, steps, values }): SmallMultiple[] => {
    if (!name.startsWith('loss/')) return [];
    const code = name.slice('loss/'.length);
    const points = steps.flatMap((step, index) =>
      typeof values[index] === 'number' ? [[step, values[index]] as const] : [],
    );
    return [{ title: nameOf(code), code, points, marks: points.length === 1 }];
  });
  if (multiples.length === 0) return undefined;
  const scale = commonScale(multiples);
  multiples.sort((a, b) => a.title.localeCompare(b.title));
  return section(
    'Loss by source',
    'Nats per token of the tokens of each source; all on one scale.',
    element('div', { class: 'multiples' }, ...multiples.map((one) => smallMultiple(one, scale))),
  );
}
