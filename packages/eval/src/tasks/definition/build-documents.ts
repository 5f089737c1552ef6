/**
 * Rows of a benchmark as documents: prompts, requests and the rule that scores their answers.
 *
 * Source: `Task.build_all_requests` and `ConfigurableTask.process_results` of lm-evaluation-harness 0.4.13.
 * Differs: a row without a usable answer (gold outside the choices, an empty choice, no reference) is left out with its reason, where the
 * harness scores it 0.
 */
import { choiceAccuracy } from '../../answers/choice-accuracy.ts';
import { countBytes } from '../../count-bytes.ts';
import { inputError } from '../../input-error.ts';
import type { LoglikelihoodResponse, RollingResponse } from '../../model/language-model.ts';
import type { Json, SkippedItem } from '../eval-task.ts';
import type { DocumentScore, TaskDocument, TaskRequest, TaskResponse } from '../task-document.ts';
import { buildContext, type ContextOptions } from './build-context.ts';
import { fewShotSampler } from './few-shot-sampler.ts';
import { evaluationSplit, fewShotSplit, type Row, type TaskDefinition } from './task-definition.ts';
import { UnusableRow } from './unusable-row.ts';

export interface BuildDocumentsOptions extends ContextOptions {
  readonly numFewShot: number;
  /** of the draw of examples; lm-evaluation-harness's default is 1234 */
  readonly fewShotSeed: number;
  /** only the first documents; the examples before them do not change */
  readonly limit?: number | undefined;
  readonly tiers?: Readonly<Record<string, string>> | undefined;
}

export interface BuiltDocuments {
  readonly documents: readonly TaskDocument[];
  readonly skipped: readonly SkippedItem[];
  /** rows of the scored split, before any limit */
  readonly numRows: number;
}

/** The requests of one row and how their answers are scored. */
export interface DocumentParts {
  readonly requests: readonly TaskRequest[];
  readonly target: Json;
  score(responses: readonly TaskResponse[]): DocumentScore;
}

/**
 * @param rows of each split that the definition names, by its name
 * @throws Error when the scored split is empty, or the examples do not suffice
 */
export function buildDocuments(
  definition: TaskDefinition,
  rows: Readonly<Record<string, readonly Row[]>>,
  options: BuildDocumentsOptions,
): BuiltDocuments {
  const { name, language, labels, fewShot, splits } = definition;
  const { numFewShot, fewShotSeed, limit, tiers } = options;
  const prepared = (split: string | undefined): readonly Row[] => {
    const own = split === undefined ? [] : (rows[split] ?? []);
    return definition.prepareRows ? definition.prepareRows(own) : own;
  };
  const scored = prepared(evaluationSplit(splits));
  if (scored.length === 0) {
    throw inputError(
      name,
      `the split '${evaluationSplit(splits)}' must have rows, got 0. Is it the right language or subject?`,
    );
  }
  const examplesOf = fewShotSampler({
    task: name,
    pool: numFewShot === 0 ? [] : (fewShot?.examples ?? prepared(fewShotSplit(definition))),
    sampler: fewShot?.sampler ?? 'default',
    count: numFewShot,
    seed: fewShotSeed,
    // The harness compares the split it was told with the test split, and so leaves the document out as well where neither is named.
    sharesSplit: fewShot?.split === splits.test,
  });
  const tier = tiers?.[language];
  if (tiers && tier === undefined) {
    throw inputError(name, `every language needs a tier, got none for '${language}'. Add it to tiers.`);
  }
  const groups = { language, ...labels, ...(tier !== undefined && { tier }) };

  const documents: TaskDocument[] = [];
  const skipped: SkippedItem[] = [];
  for (const [index, row] of scored.slice(0, limit).entries()) {
    const id = `${name}/${index}`;
    const examples = examplesOf(row);
    try {
      const parts = documentParts(definition, row, (question) => buildContext(definition, examples, question, options));
      documents.push({ id, groups, row: row as Json, ...parts });
    } catch (error) {
      if (!(error instanceof UnusableRow)) throw error;
      skipped.push({ id, reason: error.message });
    }
  }
  return { documents, skipped, numRows: scored.length };
}

function documentParts(definition: TaskDefinition, row: Row, context: (question: string) => string): DocumentParts {
  const { prompt, targetDelimiter = ' ' } = definition;
  switch (prompt.type) {
    case 'multiple_choice': {
      const choices = prompt.choices(row);
      const gold = goldIndices(prompt.gold(row), choices);
      const before = context(prompt.text(row));
      return {
        requests: choices.map((choice) => ({
          type: 'loglikelihood',
          context: before,
          continuation: targetDelimiter + choice,
        })),
        target: gold.length === 1 ? gold[0]! : gold,
        score: (responses) =>
          choiceScore(choices, gold, prompt.metrics ?? ['acc'], responses as LoglikelihoodResponse[]),
      };
    }
    case 'multiple_contexts': {
      const contexts = prompt.contexts(row);
      const gold = goldIndices(prompt.gold(row), contexts);
      const continuation = targetDelimiter + prompt.continuation(row);
      return {
        requests: contexts.map((own) => ({ type: 'loglikelihood', context: context(own), continuation })),
        target: gold[0]!,
        score: (responses) => choiceScore(contexts, gold, ['acc'], responses as LoglikelihoodResponse[]),
      };
    }
    case 'generate_until': {
      const { until, maxNewTokens = 256, scoring } = prompt;
      const text = context(prompt.text(row));
      // Names a row without a reference before the model is asked.
      scoring.statistics('', row);
      return {
        requests: [{ type: 'generate_until', prompt: text, until, maxNewTokens }],
        target: prompt.target(row),
        score: ([answer]) => ({
          statistics: scoring.statistics(answer as string, row),
          record: { answer: answer as string, extracted: scoring.extracted?.(answer as string) ?? null },
        }),
      };
    }
    case 'loglikelihood': {
      const target = prompt.target(row);
      if (target.trim() === '') throw new UnusableRow('the continuation is empty');
      return {
        requests: [
          { type: 'loglikelihood', context: context(prompt.text(row)), continuation: targetDelimiter + target },
        ],
        target,
        score: ([response]) => {
          const { logProb, isGreedy, numTokens } = response as LoglikelihoodResponse;
          if (Number.isNaN(logProb)) return { skipped: tooLong('the continuation', numTokens) };
          return {
            statistics: { acc: [isGreedy ? 1 : 0, 1], perplexity: [-logProb, 1] },
            record: { logProb, isGreedy },
          };
        },
      };
    }
    case 'loglikelihood_rolling': {
      const text = prompt.text(row);
      if (text.trim() === '') throw new UnusableRow('the text is empty');
      const numBytes = countBytes(text);
      const numWords = text.split(/\s+/).length;
      return {
        requests: [{ type: 'loglikelihood_rolling', text }],
        target: text,
        score: ([response]) => {
          const { logProb, numTokens } = response as RollingResponse;
          return {
            statistics: {
              word_perplexity: [-logProb, numWords],
              byte_perplexity: [-logProb, numBytes],
              bits_per_byte: [-logProb, numBytes],
            },
            record: { logProb, numTokens, numBytes, numWords },
          };
        },
      };
    }
  }
}

function goldIndices(gold: number | readonly number[], choices: readonly string[]): readonly number[] {
  const indices = typeof gold === 'number' ? [gold] : gold;
  if (choices.length < 2) throw new UnusableRow(`${choices.length} choices where two or more are needed`);
  const empty = choices.indexOf('');
  if (empty >= 0) throw new UnusableRow(`choice ${empty} is empty`);
  if (indices.length === 0) throw new UnusableRow('no right choice is named');
  const outside = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= choices.length);
  if (outside !== undefined) throw new UnusableRow(`the right choice ${outside} is none of ${choices.length} choices`);
  return indices;
}

function choiceScore(
  choices: readonly string[],
  gold: readonly number[],
  metrics: readonly string[],
  responses: readonly LoglikelihoodResponse[],
): DocumentScore {
  const refused = responses.findIndex(({ logProb }) => Number.isNaN(logProb));
  if (refused >= 0) return { skipped: tooLong(`choice ${refused}`, responses[refused]!.numTokens) };
  const logProbs = responses.map(({ logProb }) => logProb);
  const { prediction, predictionNorm, predictionBytes } = choiceAccuracy(choices, logProbs, gold[0]!);
  const right = (index: number): readonly number[] => [gold.includes(index) ? 1 : 0, 1];
  const all: Record<string, readonly number[]> = {
    acc: right(prediction),
    acc_norm: right(predictionNorm),
    acc_bytes: right(predictionBytes),
  };
  return {
    statistics: Object.fromEntries(metrics.map((metric) => [metric, all[metric]!])),
    record: {
      choices: [...choices],
      gold: [...gold],
      logProbs,
      prediction,
      isGreedy: responses.map(({ isGreedy }) => isGreedy),
    },
  };
}

function tooLong(what: string, numTokens: number): string {
  return `${what} of ${numTokens} tokens is longer than the model's window`;
}
