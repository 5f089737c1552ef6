/** Everything: the built-in recipe made smaller in TypeScript, run stage by stage, with a report at the end. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectResults, type Recipe, recipeStages, runStages, tinyCpu, writeReport } from '@marco-ts/pipeline';

const base = tinyCpu();
/** A recipe is a value: take one, change what you want. */
const recipe: Recipe = {
  ...base,
  name: 'end-to-end',
  backend: { prefer: ['wasm'] },
  data: { ...base.data, tiers: { english: ['eng_Latn'], chinese: [], high: ['spa_Latn'], low: ['swh_Latn'] } },
  tokenizer: { ...base.tokenizer, vocabSize: 1024 },
  pretrain: { ...base.pretrain, stages: base.pretrain.stages.map((stage) => ({ ...stage, numTokens: 8_000 })) },
  sft: { ...base.sft!, numTranslationExamples: 24, numLanguageNamingExamples: 8, numContinuationExamples: 8 },
  preference: { ...base.preference!, numPairs: 24 },
  eval: { ...base.eval, translationLanguages: ['spa_Latn', 'swh_Latn'], numPreferencePairs: 20, numSamples: 2 },
};

const directory = join(await mkdtemp(join(tmpdir(), 'run-')), recipe.name);
// Run it again on the same directory, and what is finished is skipped; change the recipe, and what depends on the change runs.
await runStages({
  stages: recipeStages(recipe),
  recipe,
  source: '08-end-to-end.ts',
  directory,
  codeVersion: 'example',
  observer: {
    onStageEnd: ({ stage }, { seconds }) => console.log(`${stage.title}  ${seconds.toFixed(1)} s`),
  },
});
const files = await writeReport(directory, await collectResults(directory));
console.log(files.join('\n'));
