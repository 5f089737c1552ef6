/** What the model writes: prompt, generated text and, where known, what a person wrote. */
import { languageName, languageTag } from '../display-names.ts';
import { type Html, html } from '../html/html.ts';
import type { RunResults, SampleResult } from '../run-results.ts';

const KIND_NAMES: Readonly<Record<SampleResult['kind'], string>> = {
  continuation: 'Continuation',
  translation: 'Translation',
  chat: 'Instruction',
};

export function samplesSection(results: RunResults): Html {
  if (results.samples.length === 0) return html``;
  const titles = new Map(results.evaluations.map((evaluation) => [evaluation.afterStage, evaluation.title]));
  return html`<section id="samples">
<h2>What the model writes</h2>
<p class="note">Taken as they came, not picked by how good they are.</p>
<div class="samples">${results.samples.map(
    (sample) => html`<article>
<header><strong>${languageName(sample.language)}</strong><span>${KIND_NAMES[sample.kind]}, after ${lowerFirst(titles.get(sample.afterStage) ?? sample.afterStage)}</span></header>
${sampleText(sample)}
${sample.reference === undefined ? '' : html`<p class="written"><span>A person wrote</span><bdi dir="auto" lang="${languageTag(sample.language)}">${sample.reference}</bdi></p>`}
</article>`,
  )}</div></section>`;
}

/** A continuation is one text with its beginning set apart; an answer stands below its question. */
function sampleText(sample: SampleResult): Html {
  const nothing = html`<em lang="en">nothing</em>`;
  const generated = sample.generated.trim() === '' ? nothing : sample.generated;
  const tag = languageTag(sample.language);
  if (sample.kind === 'continuation') {
    return html`<p class="generated" dir="auto" lang="${tag}"><span class="given">${sample.prompt}</span>${generated}</p>`;
  }
  const answer = typeof generated === 'string' ? generated.trimStart() : generated;
  return html`<p class="prompt" dir="auto">${sample.prompt}</p><p class="generated" dir="auto" lang="${tag}">${answer}</p>`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
