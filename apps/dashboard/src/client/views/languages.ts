/** Bits per byte of held-out text, one small chart a language, the base model as a dashed line. */
import type { LanguagesView } from '../../api-types.ts';
import { ask } from '../api.ts';
import { element, fill } from '../dom.ts';
import { formatNumber, nameOf, words } from '../format.ts';
import { choice, empty, legend, section } from '../pieces.ts';
import { commonScale, type SmallMultiple, smallMultiple } from '../small-multiple.ts';
import type { OpenView } from '../view.ts';

type Order = 'tier' | 'name' | 'gain' | 'level';
const ORDERS: readonly (readonly [Order, string])[] = [
  ['tier', 'by tier'],
  ['gain', 'most gained first'],
  ['level', 'hardest first'],
  ['name', 'by name'],
];

type Measured = 'stages' | 'validation';
const MEASURED: readonly (readonly [Measured, string])[] = [
  ['stages', 'after each stage'],
  ['validation', 'while training'],
];
/** What is no language in a validation: all, tiers, parallel text. */
const MEANS = 'means';

export const openLanguages: OpenView = async ({ run, panel, signal }) => {
  let order: Order = 'tier';
  let chosen: Measured | undefined;
  let view: LanguagesView | undefined;
  const load = async (): Promise<void> => {
    view = await ask<LanguagesView>(['runs', run.id, 'languages'], {}, signal);
    show();
  };
  const show = (): void => {
    if (view === undefined || (view.stages.length === 0 && view.validation.length === 0)) {
      fill(panel, empty('No model of this run has been measured yet.'));
      return;
    }
    const { tiers, stages, validation } = view;
    // While the first stage trains, what it measures on its way is all there is to see.
    const measured = chosen ?? (stages.length < 2 && validation.length > 0 ? 'validation' : 'stages');
    const multiples = measured === 'stages' ? stageMultiples(stages) : validationMultiples(validation);
    const scale = commonScale(multiples.map(({ multiple }) => multiple));
    const groups = order === 'tier' ? byTier(multiples, tiers) : [['', multiples] as const];
    const course =
      measured === 'stages'
        ? stages.map(({ after }) => (after === 'model' ? 'base' : after))
        : [...new Set(validation.map(({ stage }) => stage))];
    fill(
      panel,
      section(
        'Bits per byte by language',
        `Held-out text, lower is better: ${course.join(' → ')}. All charts share one scale.`,
        element(
          'div',
          { class: 'controls' },
          stages.length > 0 &&
            validation.length > 0 &&
            choice('Measured', MEASURED, measured, (value) => {
              chosen = value as Measured;
              show();
            }),
          choice('Order', ORDERS, order, (value) => {
            order = value as Order;
            show();
          }),
        ),
        legend(['line accent', 'this run'], ['line dashed', 'base model']),
        ...groups.map(([tier, own]) =>
          element(
            'div',
            { class: 'group' },
            tier !== '' && element('h3', {}, words(tier)),
            element(
              'div',
              { class: 'multiples' },
              ...sorted(own, order).map(({ multiple }) => smallMultiple(multiple, scale)),
            ),
          ),
        ),
      ),
    );
  };
  await load();
  return { refresh: load };
};

interface LanguageMultiple {
  readonly code: string;
  readonly level: number;
  readonly gain: number;
  readonly multiple: SmallMultiple;
}

/** One unit of x is a stage; the first is the base. */
const stageMultiples = (stages: LanguagesView['stages']): LanguageMultiple[] =>
  multiplesOf(
    stages.map(({ bitsPerByte }, index) => ({ x: index, bitsPerByte })),
    true,
  );

/** x is the step, stage after stage; the first, before any step, is the base. */
function validationMultiples(validation: LanguagesView['validation']): LanguageMultiple[] {
  let numEarlierSteps = 0;
  return multiplesOf(
    validation.map(({ stage, step, bitsPerByte }, index) => {
      const previous = validation[index - 1];
      if (previous !== undefined && previous.stage !== stage) numEarlierSteps += previous.step;
      return { x: numEarlierSteps + step, bitsPerByte };
    }),
    false,
  );
}

function multiplesOf(
  measurements: readonly { readonly x: number; readonly bitsPerByte: Readonly<Record<string, number>> }[],
  marks: boolean,
): LanguageMultiple[] {
  const codes = new Set(measurements.flatMap(({ bitsPerByte }) => Object.keys(bitsPerByte)));
  return [...codes].map((code) => {
    const points = measurements.flatMap(({ x, bitsPerByte }) =>
      bitsPerByte[code] === undefined ? [] : [[x, bitsPerByte[code]] as const],
    );
    const [reference, level] = [points[0]![1], points.at(-1)![1]];
    const gain = reference - level;
    const verdict = { text: `${gain >= 0 ? '−' : '+'}${formatNumber(Math.abs(gain))}`, isBetter: gain >= 0 };
    const isMarked = marks || points.length === 1;
    return {
      code,
      level,
      gain,
      multiple: {
        title: nameOf(code),
        code,
        points,
        marks: isMarked,
        reference,
        ...(points.length > 1 && { verdict }),
      },
    };
  });
}

function sorted(multiples: readonly LanguageMultiple[], order: Order): LanguageMultiple[] {
  return multiples.toSorted((a, b) => {
    if (order === 'gain') return b.gain - a.gain;
    if (order === 'level') return b.level - a.level;
    return a.multiple.title.localeCompare(b.multiple.title);
  });
}

/** Means first, then tiers as the recipe orders them. */
function byTier(
  multiples: readonly LanguageMultiple[],
  tiers: LanguagesView['tiers'],
): (readonly [string, readonly LanguageMultiple[]])[] {
  const isLanguage = (code: string): boolean => /^[a-z]{2,3}_[A-Z][a-z]{3}$/.test(code);
  const groups = Map.groupBy(multiples, ({ code }) => (isLanguage(code) ? (tiers[code] ?? 'other') : MEANS));
  return [...new Set([MEANS, ...Object.values(tiers), 'other'])].flatMap((tier) =>
    groups.has(tier) ? [[tier, groups.get(tier)!] as const] : [],
  );
}
