/** What the model wrote for the same prompt after each stage. */
import type { SampleView } from '../../api-types.ts';
import { ask } from '../api.ts';
import { element, fill } from '../dom.ts';
import { nameOf, words } from '../format.ts';
import { choice, empty, section } from '../pieces.ts';
import { languageLabel, textBlock } from '../text-block.ts';
import type { OpenView } from '../view.ts';

export const openSamples: OpenView = async ({ run, panel, signal }) => {
  let kind = '';
  let language = '';
  let samples: readonly SampleView[] = [];
  const load = async (): Promise<void> => {
    const before = samples.length;
    samples = (await ask<SampleView[]>(['runs', run.id, 'samples'], {}, signal)) ?? [];
    // What somebody is reading stays where it is.
    if (before === 0 || samples.length !== before) show();
  };
  const show = (): void => {
    if (samples.length === 0) {
      fill(panel, empty('No model of this run has written samples yet.'));
      return;
    }
    const kinds = [...new Set(samples.map((sample) => sample.kind))];
    const languages = [...new Set(samples.map((sample) => sample.language))].map(
      (code) => [code, nameOf(code)] as const,
    );
    languages.sort((a, b) => a[1].localeCompare(b[1]));
    const chosen = samples.filter(
      (sample) => (kind === '' || sample.kind === kind) && (language === '' || sample.language === language),
    );
    const prompts = [
      ...Map.groupBy(
        chosen,
        (sample) => `${sample.kind} ${sample.language} ${sample.reference ?? sample.prompt}`,
      ).values(),
    ];
    fill(
      panel,
      section(
        'Samples',
        'The same prompt after each stage, oldest first.',
        element(
          'div',
          { class: 'controls' },
          choice('Kind', [['', 'all'], ...kinds.map((one) => [one, words(one)] as const)], kind, (value) => {
            kind = value;
            show();
          }),
          choice('Language', [['', 'all'], ...languages], language, (value) => {
            language = value;
            show();
          }),
        ),
        element('div', { class: 'cards wide' }, ...prompts.map(sampleCard)),
      ),
    );
  };
  await load();
  return { refresh: load };
};

function sampleCard(samples: readonly SampleView[]): HTMLElement {
  const { language, kind, prompt, reference } = samples[0]!;
  const target = /[->]/.test(language) ? language.split(/[->]/)[1] : language;
  return element(
    'article',
    {},
    element('header', {}, languageLabel(language), element('span', { class: 'reason' }, words(kind))),
    textBlock(prompt, language, 'prompt'),
    element(
      'ol',
      { class: 'timeline' },
      ...samples.map(({ afterStage, generated }) =>
        element(
          'li',
          {},
          element('header', {}, afterStage === 'model' ? 'base' : afterStage),
          generated.trim() === '' ? empty('nothing but spaces') : textBlock(generated, target),
        ),
      ),
    ),
    reference !== undefined &&
      element('div', { class: 'written' }, element('header', {}, 'written by a person'), textBlock(reference, target)),
  );
}
