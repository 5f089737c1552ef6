/**
 * A task made of a definition and its rows.
 */
import { inputError } from '../../input-error.ts';
import type { EvalTask, Json } from '../eval-task.ts';
import type { MetricDefinition } from '../metric-definition.ts';
import { taskOfDocuments } from '../task-document.ts';
import { type BuildDocumentsOptions, buildDocuments } from './build-documents.ts';
import type { Row, TaskDefinition } from './task-definition.ts';

/** Shots, limits and form of a task's requests; what is left out is the definition's. */
export type DocumentTaskOptions = Partial<BuildDocumentsOptions>;

/**
 * @param rows of each split that the definition names, by its name
 * @throws Error when no row of the scored split can be asked about, or there are too few examples
 */
export function documentTask(
  definition: TaskDefinition,
  rows: Readonly<Record<string, readonly Row[]>>,
  options: DocumentTaskOptions = {},
): EvalTask {
  const { name, version, language, groups, prompt } = definition;
  const { numFewShot = definition.numFewShot ?? 0, fewShotSeed = 1234 } = options;
  const { documents, skipped, numRows } = buildDocuments(definition, rows, { ...options, numFewShot, fewShotSeed });
  if (documents.length === 0) {
    const { id, reason } = skipped[0]!;
    throw inputError(
      name,
      `at least one row must be usable, got ${skipped.length} that are not. The first, '${id}': ${reason}.`,
    );
  }
  return taskOfDocuments({
    name,
    version,
    numItems: { [language]: numRows },
    outputType: prompt.type === 'multiple_contexts' ? 'multiple_choice' : prompt.type,
    metrics: metricsOf(definition, meanChance(documents.map(({ requests }) => requests.length))),
    config: taskConfig(definition, numFewShot, fewShotSeed),
    macroBy: 'language',
    memberOf: groups,
    documents,
    unusable: skipped,
    signatures: prompt.type === 'generate_until' ? prompt.scoring.signatures : undefined,
  });
}

function metricsOf({ prompt }: TaskDefinition, chance: number): Record<string, MetricDefinition> {
  const share = { kind: { type: 'ratio', scale: 1 }, higherIsBetter: true, unit: 'share' } as const;
  switch (prompt.type) {
    case 'multiple_choice':
      return Object.fromEntries((prompt.metrics ?? ['acc']).map((metric) => [metric, { ...share, chance }]));
    case 'multiple_contexts':
      return { acc: { ...share, chance } };
    case 'generate_until':
      return { ...prompt.scoring.metrics };
    case 'loglikelihood':
      return { acc: { ...share, chance: null }, perplexity: lowerIsBetter('choices/text') };
    case 'loglikelihood_rolling':
      return {
        word_perplexity: lowerIsBetter('choices/word'),
        byte_perplexity: lowerIsBetter('choices/byte'),
        bits_per_byte: {
          kind: { type: 'ratio', scale: 1 / Math.LN2 },
          higherIsBetter: false,
          chance: null,
          unit: 'bits/byte',
        },
      };
  }
}

function lowerIsBetter(unit: string): MetricDefinition {
  return { kind: { type: 'exponential-ratio' }, higherIsBetter: false, chance: null, unit };
}

/** The score of guessing, where items may differ in their number of choices. */
function meanChance(numChoices: readonly number[]): number {
  return numChoices.reduce((sum, count) => sum + 1 / count, 0) / numChoices.length;
}

/** In lm-evaluation-harness's names, as far as they say what the numbers depend on. */
function taskConfig(definition: TaskDefinition, numFewShot: number, fewShotSeed: number): Record<string, Json> {
  const { name, dataset, splits, fewShot, description = '', prompt, config = {} } = definition;
  return {
    task: name,
    dataset_path: dataset.path,
    dataset_name: dataset.name ?? null,
    ...(splits.training !== undefined && { training_split: splits.training }),
    ...(splits.validation !== undefined && { validation_split: splits.validation }),
    ...(splits.test !== undefined && { test_split: splits.test }),
    ...(fewShot?.split !== undefined && { fewshot_split: fewShot.split }),
    fewshot_config: { sampler: fewShot?.sampler ?? 'default' },
    num_fewshot: numFewShot,
    fewshot_seed: fewShotSeed,
    description,
    target_delimiter: definition.targetDelimiter ?? ' ',
    fewshot_delimiter: definition.fewShotDelimiter ?? '\n\n',
    ...(prompt.type === 'generate_until' && {
      generation_kwargs: { until: [...prompt.until], max_gen_toks: prompt.maxNewTokens ?? 256, do_sample: false },
    }),
    ...config,
    paper: definition.paper,
    metadata: { version: definition.version },
  };
}
