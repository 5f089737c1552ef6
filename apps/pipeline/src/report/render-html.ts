/**
 * Draws a run's results as one self-contained HTML page, every text escaped.
 */
import { html } from './html/html.ts';
import { renderPage } from './html/render-page.ts';
import type { RunResults } from './run-results.ts';
import { benchmarksSection } from './sections/benchmarks-section.ts';
import { comparisonSection } from './sections/comparison-section.ts';
import { caveatsSection, costSection, recipeSection } from './sections/cost-section.ts';
import { fertilitySection, funnelSection, mixtureSection } from './sections/data-section.ts';
import { languagesSection } from './sections/languages-section.ts';
import { headlineSection, keyFigures, pageHeader } from './sections/overview-section.ts';
import { samplesSection } from './sections/samples-section.ts';
import { accuracySection, translationSection } from './sections/tasks-section.ts';
import { trainingSection } from './sections/training-section.ts';

const CONTENTS = [
  ['results', 'Results'],
  ['languages', 'Languages'],
  ['training', 'Training'],
  ['translation', 'Translation'],
  ['accuracy', 'Choices'],
  ['benchmarks', 'Benchmarks'],
  ['significance', 'Significance'],
  ['samples', 'Samples'],
  ['data', 'Data'],
  ['mixture', 'Mixture'],
  ['tokenizer', 'Tokenizer'],
  ['cost', 'Cost'],
  ['caveats', 'Limits'],
  ['recipe', 'Recipe'],
] as const;

/** The report as a page that needs no other file. */
export function renderHtml(results: RunResults): string {
  const sections = [
    headlineSection(results),
    languagesSection(results),
    trainingSection(results),
    translationSection(results),
    accuracySection(results),
    benchmarksSection(results),
    comparisonSection(results),
    samplesSection(results),
    funnelSection(results),
    mixtureSection(results),
    fertilitySection(results),
    costSection(results),
    caveatsSection(results),
    recipeSection(results),
  ];
  const drawn = sections.map(String).join('');
  const contents = html`<nav aria-label="Contents">${CONTENTS.filter(([id]) => drawn.includes(`id="${id}"`)).map(
    ([id, title]) => html`<a href="#${id}">${title}</a>`,
  )}</nav>`;
  return renderPage(
    results.recipe.name,
    html`${pageHeader(results)}
${keyFigures(results)}
${contents}
${sections}`,
  );
}
