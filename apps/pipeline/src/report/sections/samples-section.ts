/** What the model writes: one card per prompt, with the last model's text, those of the models before it, and what a person wrote. */
import { languageName, languageTag } from '../display-names.ts';
import { groupSamples } from '../group-samples.ts';
import { type Html, html } from '../html/html.ts';
import type { RunResults, SampleResult } from '../run-results.ts';

const KIND_NAMES: Readonly<Record<SampleResult['kind'], string>> = {
  continuation: 'Continuation',
  translation: 'Translation',
  chat: 'Instruction',
};

export function samplesSection(results: RunResults): Html {
  if (results.samples.length === 0) return html``;
  const stages = results.evaluations.map((evaluation) => evaluation.afterStage);
  const titleOf = (sample: SampleResult): string =>
    results.evaluations.find((evaluation) => evaluation.afterStage === sample.afterStage)?.title ?? sample.afterStage;
  const dotOf = (sample: SampleResult): Html =>
    html`<span class="dot stage-${Math.max(0, stages.indexOf(sample.afterStage))}"></span>`;
  return html`<section id="samples">
<h2>What the model writes</h2>
<p class="note">Taken as they came, not picked by how good they are. The large text is from the last model that was asked.</p>
<div class="samples">${groupSamples(results.samples).map((group) => {
    const last = group.at(-1)!;
    const earlier = group.slice(0, -1);
    return html`<article>
<header><strong>${last.kind === 'translation' ? 'Into ' : ''}${languageName(last.language)}</strong><span>${KIND_NAMES[last.kind]}</span></header>
${last.kind === 'continuation' ? '' : html`<p class="prompt" dir="auto">${last.prompt}</p>`}
<p class="stage">${dotOf(last)}${titleOf(last)}</p>
<p class="generated" dir="auto" lang="${languageTag(last.language)}">${last.kind === 'continuation' ? html`<span class="given">${last.prompt}</span>` : ''}${generatedText(last)}</p>
${last.reference === undefined ? '' : html`<p class="written"><span>A person wrote</span><bdi dir="auto" lang="${languageTag(last.language)}">${last.reference.trim()}</bdi></p>`}
${
  earlier.length > 0 &&
  html`<details><summary>Earlier models</summary>${earlier.map(
    (sample) =>
      html`<p class="stage">${dotOf(sample)}${titleOf(sample)}</p><p class="earlier" dir="auto" lang="${languageTag(sample.language)}">${generatedText(sample)}</p>`,
  )}</details>`
}
</article>`;
  })}</div></section>`;
}

/** A continuation keeps the space that joins it to its beginning; an answer stands alone. */
function generatedText(sample: SampleResult): Html | string {
  if (sample.generated.trim() === '') return html`<em lang="en">nothing</em>`;
  return sample.kind === 'continuation' ? sample.generated.trimEnd() : sample.generated.trim();
}
