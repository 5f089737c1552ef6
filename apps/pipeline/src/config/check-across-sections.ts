/**
 * Rules between sections of a recipe: what one section names must be in another, and what one makes must fit into another.
 *
 * Runs on recipes that may be wrong elsewhere, so that these problems are told together with all others: what is missing or of the wrong
 * type is passed over here.
 */
import type { ConfigProblem } from './config-problem.ts';
import { languageSchema } from './schema/fields.ts';

const LENGTHS = [
  ['pretrain', 'sequenceLength'],
  ['sft', 'sequenceLength'],
  ['preference', 'sequenceLength'],
  ['eval', 'translationMaxNewTokens'],
  ['eval', 'sampleMaxNewTokens'],
] as const;

type Loose = Readonly<Record<string, unknown>>;

export function checkAcrossSections(recipe: unknown): ConfigProblem[] {
  return [
    ...pivotProblems(recipe),
    ...lengthProblems(recipe),
    ...translationProblems(recipe),
    ...trainingProblems(recipe),
  ];
}

/** The pivot is one of the languages. */
function pivotProblems(recipe: unknown): ConfigProblem[] {
  const tiers = section(recipe, 'data', 'tiers');
  const known = new Set(Object.values(tiers).flatMap((languages) => (Array.isArray(languages) ? languages : [])));
  // With a mistyped code in the tiers nobody knows what is missing.
  if (known.size === 0 || ![...known].every((code) => languageSchema.safeParse(code).success)) return [];
  const pivot = section(recipe, 'data', 'parallel').pivotLanguage;
  if (typeof pivot !== 'string' || known.has(pivot)) return [];
  return [
    {
      path: ['data', 'parallel', 'pivotLanguage'],
      message: `data.parallel.pivotLanguage: must be in a tier of data.tiers, got "${pivot}"; add it there or take another`,
    },
  ];
}

/** Sequences fit the positions of a model that the recipe makes; those of a model on disk are not known yet. */
function lengthProblems(recipe: unknown): ConfigProblem[] {
  const { kind, maxPositionEmbeddings } = section(recipe, 'model');
  if (kind !== 'random' || typeof maxPositionEmbeddings !== 'number') return [];
  return LENGTHS.flatMap(([name, key]) => {
    const length = section(recipe, name)[key];
    // A new token follows at least one of a prompt.
    const limit = name === 'eval' ? maxPositionEmbeddings - 1 : maxPositionEmbeddings;
    if (typeof length !== 'number' || length <= limit) return [];
    const rule = name === 'eval' ? 'must be below' : 'must not be above';
    return [
      {
        path: [name, key],
        message: `${name}.${key}: ${rule} model.maxPositionEmbeddings ${maxPositionEmbeddings}, got ${length}`,
      },
    ];
  });
}

/** Options of one training section that need or exclude each other. */
function trainingProblems(recipe: unknown): ConfigProblem[] {
  return ['pretrain', 'sft', 'preference'].flatMap((name) => {
    const { lora, freeze, stageTransition, watch, evaluateEverySteps } = section(recipe, name);
    const problem = (key: string, message: string): ConfigProblem => ({
      path: [name, key],
      message: `${name}.${key}: ${message}`,
    });
    return [
      ...(lora !== undefined && freeze !== undefined
        ? [problem('freeze', 'goes without lora, which freezes every weight; take one of them away')]
        : []),
      ...(lora !== undefined && stageTransition === 'continue'
        ? [problem('stageTransition', 'must be rewarm with lora, whose every stage begins a new adapter, got continue')]
        : []),
      ...(watch !== undefined && evaluateEverySteps === undefined
        ? [problem('watch', 'watches a validation metric; say every how many steps with evaluateEverySteps')]
        : []),
    ];
  });
}

/** Instructions and preferences are made from translations, which own text has only by groups. */
function translationProblems(recipe: unknown): ConfigProblem[] {
  const source = section(recipe, 'data', 'source');
  if (source.kind !== 'directory' || source.groupField !== undefined) return [];
  return ['sft', 'preference'].flatMap((name) => {
    const own = section(recipe, name);
    if (Object.keys(own).length === 0 || makesNoExamples(own)) return [];
    return [
      {
        path: [name],
        message: `${name}: is made from translations and needs data.source.groupField; name the field that translations share, or leave ${name} out (YAML: ${name}: null)`,
      },
    ];
  });
}

/** Tuning on own sets alone needs no translations. */
function makesNoExamples({ datasets, ...sft }: Loose): boolean {
  const numbers = ['numTranslationExamples', 'numLanguageNamingExamples', 'numContinuationExamples'];
  return Array.isArray(datasets) && datasets.length > 0 && numbers.every((name) => sft[name] === 0);
}

function section(recipe: unknown, ...path: string[]): Loose {
  const value = path.reduce<unknown>((inner, key) => (isSection(inner) ? inner[key] : undefined), recipe);
  return isSection(value) ? value : {};
}

function isSection(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
