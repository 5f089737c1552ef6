/**
 * Draws a run's results as one self-contained HTML page: no script, no network, every text escaped, light and dark, phone to print.
 *
 * The Content-Security-Policy allows nothing but the page's own style block, by its hash.
 */
import { createHash } from 'node:crypto';
import { type Html, html } from './html/html.ts';
import { PAGE_STYLE } from './html/page-style.ts';
import type { RunResults } from './run-results.ts';
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
  ['samples', 'Samples'],
  ['data', 'Data'],
  ['mixture', 'Mixture'],
  ['tokenizer', 'Tokenizer'],
  ['cost', 'Cost'],
  ['caveats', 'Limits'],
  ['recipe', 'Recipe'],
] as const;

export function renderHtml(results: RunResults): string {
  const style = PAGE_STYLE;
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  const sections = [
    headlineSection(results),
    languagesSection(results),
    trainingSection(results),
    translationSection(results),
    accuracySection(results),
    samplesSection(results),
    funnelSection(results),
    mixtureSection(results),
    fertilitySection(results),
    costSection(results),
    caveatsSection(results),
    recipeSection(results),
  ];
  const drawn = sections.map(String).join('');
  const head = html`<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${results.recipe.name} · marco-ts</title>`;
  const contents = html`<nav aria-label="Contents">${CONTENTS.filter(([id]) => drawn.includes(`id="${id}"`)).map(
    ([id, title]) => html`<a href="#${id}">${title}</a>`,
  )}</nav>`;
  const body: Html = html`<body><main>
${pageHeader(results)}
${keyFigures(results)}
${contents}
${sections}
</main></body>`;
  // The style is the one text that must not be escaped; it is a constant of this package.
  return `<!doctype html>\n<html lang="en">\n<head>\n${head}\n<style>${style}</style>\n</head>\n${body}\n</html>\n`;
}
