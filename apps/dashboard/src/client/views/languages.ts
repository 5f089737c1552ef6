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

export const openLanguages: OpenView = async ({ run, panel, signal }) => {
  let order: Order = 'tier';
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
    const { tiers, stages } = view;
    const multiples = languageMultiples(view);
    const scale = commonScale(multiples.map(({ multiple }) => multiple));
    const groups = order === 'tier' ? byTier(multiples, tiers) : [['', multiples] as const];
    const measured = stages.map(({ after }) => (after === 'model' ? 'base' : after)).join(' → ');
    fill(
      panel,
      section(
        'Bits per byte by language',
        `Held-out text, lower is better${measured === '' ? '' : `: ${measured}`}. All charts share one scale.`,
        element(
          'div',
          { class: 'controls' },
          choice('Order', ORDERS, order, (value) => {
            order = value as Order;
            show();
          }),
        ),
        legend(
          ['line accent', 'this run'],
          ['line dashed', 'base model'],
          ...(view.validation.length > 0 ? [['line faint', 'validation while training'] as const] : []),
        ),
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

/** One unit of x is a stage; validation lies between, by its order. */
function languageMultiples({ stages, validation }: LanguagesView): LanguageMultiple[] {
  const isLanguage = (code: string): boolean => /^[a-z]{2,3}_[A-Z][a-z]{3}$/.test(code);
  const codes = new Set(
    [...stages, ...validation].flatMap(({ bitsPerByte }) => Object.keys(bitsPerByte)).filter(isLanguage),
  );
  const span = Math.max(1, stages.length - 1);
  return [...codes].map((code) => {
    const points = stages.flatMap(({ bitsPerByte }, index) =>
      bitsPerByte[code] === undefined ? [] : [[index, bitsPerByte[code]] as const],
    );
    const checks = validation.flatMap(({ bitsPerByte }) =>
      bitsPerByte[code] === undefined ? [] : [bitsPerByte[code]],
    );
    const background = checks.map((value, index) => [(index / Math.max(1, checks.length - 1)) * span, value] as const);
    const base = stages[0]?.bitsPerByte[code] ?? checks[0];
    const level = points.at(-1)?.[1] ?? checks.at(-1)!;
    const gain = base === undefined ? 0 : base - level;
    const change =
      base === undefined || points.length + checks.length < 2
        ? undefined
        : { text: `${gain >= 0 ? '−' : '+'}${formatNumber(Math.abs(gain))}`, isBetter: gain >= 0 };
    return {
      code,
      level,
      gain,
      multiple: {
        title: nameOf(code),
        code,
        points: points.length > 0 ? points : background,
        background,
        marks: points.length > 0,
        ...(base === undefined ? {} : { reference: base }),
        ...(change === undefined ? {} : { verdict: change }),
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

/** Tiers as the recipe orders them. */
function byTier(
  multiples: readonly LanguageMultiple[],
  tiers: LanguagesView['tiers'],
): (readonly [string, readonly LanguageMultiple[]])[] {
  const groups = Map.groupBy(multiples, ({ code }) => tiers[code] ?? 'other');
  return [...new Set([...Object.values(tiers), 'other'])].flatMap((tier) =>
    groups.has(tier) ? [[tier, groups.get(tier)!] as const] : [],
  );
}
