/** The funnel with its reasons, documents that were kept and dropped, and the mixture planned against used. */
import type { DocumentView, FunnelView, MixtureView, Page } from '../../api-types.ts';
import { ask } from '../api.ts';
import { type Child, element, fill } from '../dom.ts';
import { formatCount, formatShare, formatWhole, nameOf, words } from '../format.ts';
import { bar, choice, empty, legend, pagedList, section, table } from '../pieces.ts';
import { languageLabel, textBlock } from '../text-block.ts';
import type { OpenView } from '../view.ts';

const KINDS: readonly (readonly [string, string])[] = [
  ['dropped', 'Dropped'],
  ['kept', 'Kept for training'],
  ['validation', 'Held out, validation'],
  ['test', 'Held out, test'],
  ['parallel', 'Made from parallel text'],
  ['knowledge', 'Knowledge'],
  ['synthetic', 'Synthetic'],
];

export const openData: OpenView = async ({ run, panel, signal }) => {
  const mixture = element('div', {});
  const load = async (): Promise<void> => {
    fill(mixture, mixtureSection((await ask<MixtureView[]>(['runs', run.id, 'mixture'], {}, signal)) ?? []));
  };
  const funnel = await ask<FunnelView>(['runs', run.id, 'funnel'], {}, signal);
  if (funnel === undefined) fill(panel, empty('This run has no data stage, or it is not done yet.'), mixture);
  else fill(panel, funnelSection(funnel), browser(run.id, funnel, signal), mixture);
  await load();
  return { refresh: load };
};

function funnelSection({ read, kept, reasons, parallel }: FunnelView): HTMLElement {
  const row = (label: string, count: number, className: string): HTMLElement =>
    element(
      'li',
      {},
      element('span', { class: 'label' }, label),
      bar(count / Math.max(1, read), className),
      element('span', { class: 'number' }, formatWhole(count)),
      element('span', { class: 'share' }, formatShare(count / Math.max(1, read))),
    );
  return section(
    'Funnel',
    `${formatWhole(read)} documents read, ${formatWhole(kept)} kept.${
      parallel === undefined
        ? ''
        : ` Of ${formatWhole(parallel.read)} parallel paragraphs ${formatWhole(parallel.kept)} kept${Object.entries(
            parallel.dropped,
          )
            .map(([reason, count]) => `; ${words(reason)} ${formatWhole(count)}`)
            .join('')}.`
    }`,
    element(
      'ul',
      { class: 'funnel' },
      row('Read', read, 'ink'),
      ...reasons.map(({ reason, count }) => row(words(reason), count, 'dropped')),
      row('Kept', kept, 'kept'),
    ),
  );
}

function browser(run: string, { languages, reasons }: FunnelView, signal: AbortSignal): HTMLElement {
  let kind = 'dropped';
  let language = '';
  let reason = '';
  const box = element('div', {});
  const show = (): void => {
    const present = languages
      .filter((one) => (kind === 'dropped' ? one.read > one.kept : one.kept > 0))
      .map((one) => [one.language, nameOf(one.language)] as const);
    present.sort((a, b) => a[1].localeCompare(b[1]));
    fill(
      box,
      element(
        'div',
        { class: 'controls' },
        choice('Documents', KINDS, kind, (value) => {
          kind = value;
          language = reason = '';
          show();
        }),
        choice('Language', [['', 'all'], ...present], language, (value) => {
          language = value;
          show();
        }),
        kind === 'dropped' &&
          choice(
            'Reason',
            [
              ['', 'all'],
              ...reasons.map((one) => [one.reason, `${words(one.reason)} (${formatCount(one.count)})`] as const),
            ],
            reason,
            (value) => {
              reason = value;
              show();
            },
          ),
      ),
      pagedList(
        async (offset) =>
          (await ask<Page<DocumentView>>(
            ['runs', run, 'documents', kind],
            { offset, language, reason, limit: 12 },
            signal,
          )) ?? { rows: [] },
        documentCard,
        {
          className: 'cards',
          nothing:
            'No such document was written down. The data stage keeps examples of each reason, not every document.',
        },
      ),
    );
  };
  show();
  return section('Documents', 'Examples as the data stage wrote them down.', box);
}

function documentCard({ id, language, text, isCut, reason, detail }: DocumentView): HTMLElement {
  return element(
    'article',
    {},
    element(
      'header',
      {},
      languageLabel(language),
      reason !== undefined && element('span', { class: 'reason' }, words(reason)),
      element('code', {}, id),
    ),
    textBlock(text, language, 'clamp'),
    (isCut || detail !== undefined) &&
      element(
        'footer',
        {},
        detail !== undefined && element('span', {}, words(detail)),
        isCut && element('span', {}, 'cut after 4,000 characters'),
      ),
    text.length > 500 &&
      element(
        'button',
        {
          type: 'button',
          class: 'quiet',
          onclick: (event) => (event.currentTarget as Element).closest('article')!.classList.toggle('open'),
        },
        'All of it',
      ),
  );
}

interface MixtureRow {
  readonly name: string;
  readonly planned: number;
  readonly used: number;
  readonly seen: number;
  readonly epochs: number;
}

function mixtureSection(rows: readonly MixtureView[]): Child {
  if (rows.length === 0) return undefined;
  const stages = [...Map.groupBy(rows, ({ stage }) => stage)];
  return section(
    'Mixture',
    'Tokens planned by the recipe, put into the plan of the stage, and predicted so far. Languages are summed by tier; epochs are of the most repeated one.',
    legend(['outline', 'planned'], ['accent', 'in the plan'], ['good', 'seen so far']),
    element('div', { class: 'panels' }, ...stages.map(([stage, own]) => mixtureStage(stage, own))),
  );
}

function mixtureStage(stage: string, rows: readonly MixtureView[]): HTMLElement {
  const groups = [...Map.groupBy(rows, ({ tier, source }) => tier ?? source)].map(
    ([name, own]): MixtureRow => ({
      name,
      planned: sum(own, ({ plannedTokens }) => plannedTokens),
      used: sum(own, ({ usedTokens }) => usedTokens),
      seen: sum(own, ({ seenTokens }) => seenTokens),
      epochs: Math.max(...own.map(({ epochs }) => epochs)),
    }),
  );
  groups.sort((a, b) => b.planned - a.planned);
  const largest = Math.max(1, ...groups.map(({ planned, used, seen }) => Math.max(planned, used, seen)));
  return element(
    'div',
    {},
    element('h3', {}, stage),
    table(
      `Mixture of ${stage}`,
      [
        { title: 'Source', cell: ({ name }) => nameOf(name) },
        {
          title: '',
          isText: true,
          cell: (row) =>
            element(
              'span',
              { class: 'mixture' },
              bar(row.planned / largest, 'outline'),
              bar(row.used / largest, 'accent'),
              bar(row.seen / largest, 'good'),
            ),
        },
        { title: 'Planned', cell: ({ planned }) => formatCount(planned) },
        { title: 'Plan', cell: ({ used }) => formatCount(used) },
        { title: 'Seen', cell: ({ seen }) => formatCount(seen) },
        { title: 'Epochs', cell: ({ epochs }) => epochs.toFixed(2) },
      ],
      groups,
    ),
  );
}

const sum = <Row>(rows: readonly Row[], value: (row: Row) => number): number =>
  rows.reduce((total, row) => total + value(row), 0);
