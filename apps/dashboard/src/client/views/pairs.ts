/** Parallel paragraphs and preference pairs, side by side, each in its own script and direction. */
import type { FunnelView, Page, ParallelPairView, PreferencePairView } from '../../api-types.ts';
import { ask } from '../api.ts';
import { element, fill } from '../dom.ts';
import { nameOf, words } from '../format.ts';
import { choice, pagedList, section } from '../pieces.ts';
import { languageLabel, textBlock } from '../text-block.ts';
import type { OpenView } from '../view.ts';

export const openPairs: OpenView = async ({ run, panel, signal }) => {
  const funnel = await ask<FunnelView>(['runs', run.id, 'funnel'], {}, signal);
  const languages = (funnel?.languages ?? [])
    .filter(({ kept }) => kept > 0)
    .map(({ language }) => [language, nameOf(language)] as const);
  languages.sort((a, b) => a[1].localeCompare(b[1]));
  // A run of `marco align` has no data stage.
  let kind: 'parallel' | 'preferences' = funnel === undefined ? 'preferences' : 'parallel';
  let language = '';
  const show = (): void => {
    const load = async <Row>(offset: number): Promise<Page<Row>> =>
      (await ask<Page<Row>>(['runs', run.id, kind], { offset, language, limit: 10 }, signal)) ?? { rows: [] };
    fill(
      panel,
      section(
        kind === 'parallel' ? 'Parallel paragraphs' : 'Preference pairs',
        kind === 'parallel'
          ? 'Paragraphs that say the same, as they train translation.'
          : 'What alignment should prefer, beside what it should not.',
        element(
          'div',
          { class: 'controls' },
          choice(
            'Pairs',
            [
              ['parallel', 'Parallel paragraphs'],
              ['preferences', 'Preference pairs'],
            ],
            kind,
            (value) => {
              kind = value as typeof kind;
              show();
            },
          ),
          languages.length > 0 &&
            choice('Language', [['', 'all'], ...languages], language, (value) => {
              language = value;
              show();
            }),
        ),
        kind === 'parallel'
          ? pagedList((offset) => load<ParallelPairView>(offset), parallelCard, {
              className: 'pairs',
              nothing: 'This run has no such parallel text.',
            })
          : pagedList((offset) => load<PreferencePairView>(offset), preferenceCard, {
              className: 'pairs',
              nothing: 'This run has no such preference pairs.',
            }),
      ),
    );
  };
  show();
  return {};
};

function parallelCard({ source, sourceLanguage, target, targetLanguage }: ParallelPairView): HTMLElement {
  return element(
    'article',
    { class: 'pair' },
    element('div', {}, element('header', {}, languageLabel(sourceLanguage)), textBlock(source, sourceLanguage)),
    element('div', {}, element('header', {}, languageLabel(targetLanguage)), textBlock(target, targetLanguage)),
  );
}

function preferenceCard({ prompt, chosen, rejected, language, kind }: PreferencePairView): HTMLElement {
  return element(
    'article',
    { class: 'preference' },
    element(
      'header',
      {},
      languageLabel(language),
      kind !== undefined && element('span', { class: 'reason' }, words(kind)),
    ),
    textBlock(prompt, language, 'prompt'),
    element(
      'div',
      { class: 'pair' },
      element('div', { class: 'chosen' }, element('header', {}, '✓ chosen'), textBlock(chosen, language)),
      element('div', { class: 'rejected' }, element('header', {}, '✗ rejected'), textBlock(rejected, language)),
    ),
  );
}
