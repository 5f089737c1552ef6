/**
 * Alignment as stages: each round samples answers from the model as it is, judges them, and trains on the pairs (on-policy), or one round trains on
 * given preferences.
 *
 * Source of the rounds: Sailor2's and Qwen2's second, on-policy phase of DPO; each round's reference is the model that it starts from.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  chatSampler,
  collectPreferences,
  describeTooLong,
  type EncodedPreferences,
  encodePreferencePairs,
  encodeUnpairedAnswers,
  formatPreferenceTable,
  type Judge,
  ktoLoss,
  languageConsistencyReward,
  lengthReward,
  modelJudge,
  modelSampler,
  needsReference,
  type PreferenceLossType,
  type PreferencePair,
  preferenceLoss,
  type Reward,
  referenceReward,
  rewardJudge,
  tableOfPairs,
  type UnpairedAnswer,
} from '@marco-ts/aligner';
import { disposeParams } from '@marco-ts/core';
import {
  openAiTextGenerator,
  openRequestCache,
  type TextGenerator,
  type TextRequest,
  trainLanguageIdentifier,
} from '@marco-ts/data';
import { sentenceChrf } from '@marco-ts/eval';
import type { Qwen2Config } from '@marco-ts/model';
import { loadQwen2 } from '@marco-ts/model/files';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { languageName } from '../../config/recipe-languages.ts';
import type { Stage } from '../../runner/stage.ts';
import { asBadInput, datasetFingerprint } from '../../stage-files/dataset-sources.ts';
import { directoryFingerprint } from '../../stage-files/directory-fingerprint.ts';
import { readJsonLines, writeJsonLines } from '../../stage-files/json-lines.ts';
import { MODEL_DIRECTORY } from '../../stage-files/model-files.ts';
import { measurePreferences } from '../../stages/measure-held-out.ts';
import { CHECKPOINTS_DIRECTORY } from '../../stages/run-training.ts';
import { startBackend } from '../../stages/start-backend.ts';
import { trainOnPreferences } from '../../stages/train-on-preferences.ts';
import type { AlignRecipe, ChatServer } from './align-recipe.ts';
import { cachedGenerator } from './cached-generator.ts';
import { holdOutPreferences } from './held-out-preferences.ts';
import { readGivenAnswers, readGivenPairs, readPrompts } from './read-align-rows.ts';

export const PAIRS_FILE = 'pairs.jsonl';
export const TABLE_FILE = 'pair-table.txt';
const TOO_LONG_FILE = 'too-long.json';
/** What servers answered, by request. */
const ANSWERS_FILE = 'server-answers.jsonl';
/** Room for a judge that thinks aloud before its verdict. */
const VERDICT_TOKENS = 2048;

export function alignStages(recipe: AlignRecipe): Stage<AlignRecipe>[] {
  const stages: Stage<AlignRecipe>[] = [];
  for (let round = 1; round <= recipe.numRounds; round++) {
    const previous = stages.at(-1)?.name;
    stages.push(pairsStage(round, previous), trainStage(round, previous));
  }
  return stages;
}

const modelOf = (
  recipe: AlignRecipe,
  inputs: Readonly<Record<string, string>>,
  previous: string | undefined,
): string => (previous === undefined ? recipe.model : join(inputs[previous]!, MODEL_DIRECTORY));

function pairsStage(round: number, previous: string | undefined): Stage<AlignRecipe> {
  return {
    name: `round-${round}-pairs`,
    title: `round ${round}: preference pairs`,
    // For the answers of servers, which cost money.
    resumesFrom: ANSWERS_FILE,
    dependsOn: previous === undefined ? [] : [previous],
    config: (recipe) => ({
      rows: recipe.rows,
      files: datasetFingerprint(recipe.rows),
      ...(recipe.rows.kind === 'prompts' && {
        model: directoryFingerprint(recipe.model),
        sampling: recipe.sampling,
        rewards: recipe.rewards,
        minMargin: recipe.minMargin,
        judge: recipe.judge ?? null,
        seed: recipe.seed,
      }),
      isLabelled: recipe.training.lossTypes.includes('kto'),
    }),
    async run({ directory, inputs, recipe, seed, log, progress, signal }) {
      const { rows, training } = recipe;
      if (rows.kind === 'preferences') {
        const isLabelled = training.lossTypes.includes('kto');
        const read = isLabelled ? await readGivenAnswers(rows) : await readGivenPairs(rows);
        const given = 'pairs' in read ? read.pairs : read.answers;
        for (const [rule, number] of Object.entries(read.report.dropped)) log(`${number} rows left out: ${rule}`);
        await writeJsonLines(join(directory, PAIRS_FILE), given);
        if ('pairs' in read) await writeTable(directory, formatPreferenceTable(tableOfPairs(read.pairs)));
        return { rows: read.report.numRows, pairs: read.report.numKept };
      }
      const { prompts, report } = await readPrompts(rows);
      for (const [rule, number] of Object.entries(report.dropped)) log(`${number} rows left out: ${rule}`);
      await startBackend(recipe);
      const modelDirectory = modelOf(recipe, inputs, previous);
      const tokenizer = await loadTokenizer(modelDirectory);
      const { params, config } = await loadQwen2(modelDirectory);
      const cache = await openRequestCache(join(directory, ANSWERS_FILE));
      const serverOf = (given: ChatServer): TextGenerator => cachedGenerator(openServer(given), cache);
      try {
        progress.start({ total: prompts.length, unit: 'prompts' });
        const { numAnswers, includeReference, maxNewTokens, temperature, topP, server } = recipe.sampling;
        const { pairs, table } = await collectPreferences({
          prompts,
          numAnswers,
          includeReference,
          sample:
            server === undefined
              ? modelSampler({
                  params,
                  config,
                  tokenizer,
                  maxNewTokens,
                  temperature,
                  ...(topP === undefined ? {} : { topP }),
                  seed,
                })
              : chatSampler({
                  ask: (messages, { sample, signal }) => {
                    const request = { messages, maxNewTokens, temperature, ...(topP && { topP }), seed: seed + sample };
                    return answerOf(serverOf(server), request, signal);
                  },
                }),
          judge: judgeOf(recipe, prompts, serverOf),
          onProgress: ({ completedPrompts }) => progress.set(completedPrompts),
          signal,
        });
        await writeJsonLines(join(directory, PAIRS_FILE), pairs);
        await writeTable(directory, formatPreferenceTable(table));
        await writeFile(join(directory, 'pair-table.json'), JSON.stringify(table, null, 2));
        if (pairs.length === 0) {
          throw new Error(
            '[@marco-ts/pipeline] align: some prompt must give a pair, got none: the answers to each are alike or equally good. Raise --temperature or --answers, or lower --min-margin.',
          );
        }
        return { prompts: prompts.length, pairs: pairs.length };
      } finally {
        await cache.close();
        disposeParams(params);
      }
    },
  };
}

/** A server's key is read where it is used, and never written. */
function openServer({ url, model, keyVariable }: ChatServer): TextGenerator {
  const apiKey = keyVariable === undefined ? undefined : process.env[keyVariable];
  return openAiTextGenerator({ baseUrl: url, model, ...(apiKey && { apiKey }) });
}

async function answerOf(generator: TextGenerator, request: TextRequest, signal?: AbortSignal): Promise<string> {
  return (await generator.generate(request, signal)).text;
}

function judgeOf(
  recipe: AlignRecipe,
  prompts: Parameters<typeof rewardsOf>[1],
  serverOf: (server: ChatServer) => TextGenerator,
): Judge {
  const { judge, minMargin } = recipe;
  if (judge === undefined) return rewardJudge(rewardsOf(recipe, prompts), { minMargin });
  const generator = serverOf(judge);
  return modelJudge({
    ask: (content, signal) =>
      answerOf(
        generator,
        { messages: [{ role: 'user', content }], maxNewTokens: VERDICT_TOKENS, temperature: 0 },
        signal,
      ),
    languageName,
  });
}

function writeTable(directory: string, table: string): Promise<void> {
  return writeFile(join(directory, TABLE_FILE), `${table}\n`);
}

function rewardsOf({ rewards }: AlignRecipe, prompts: Awaited<ReturnType<typeof readPrompts>>['prompts']): Reward[] {
  const weightOf = (name: keyof typeof rewards): number => rewards[name] ?? 0;
  const chosen: Reward[] = [];
  if (weightOf('language_consistency') > 0) {
    // The set's own answers are the samples: they are what a right language looks like here.
    const identifier = trainLanguageIdentifier(
      prompts.map(({ language, reference }) => ({ language, text: reference! })),
    );
    const identify = (answer: string): string | undefined =>
      /\p{L}/u.test(answer) ? identifier.identify(answer).language : undefined;
    chosen.push(languageConsistencyReward(identify, weightOf('language_consistency')));
  }
  if (weightOf('reference') > 0) {
    chosen.push(
      referenceReward(
        'reference',
        (answer, reference) => sentenceChrf(answer, [reference]).score,
        100,
        weightOf('reference'),
      ),
    );
  }
  if (weightOf('length') > 0) chosen.push(lengthReward({ maxRatio: 2 }, weightOf('length')));
  return chosen;
}

function trainStage(round: number, previous: string | undefined): Stage<AlignRecipe> {
  const pairsFrom = `round-${round}-pairs`;
  return {
    name: `round-${round}`,
    title: `round ${round}: training`,
    dependsOn: [pairsFrom, ...(previous === undefined ? [] : [previous])],
    resumesFrom: CHECKPOINTS_DIRECTORY,
    config: ({ training, seed, model, validation }) => ({
      training,
      seed,
      model: directoryFingerprint(model),
      ...(validation && { validation }),
      ...(validation?.rows && { validationFiles: datasetFingerprint(validation.rows) }),
    }),
    async run(context) {
      const { directory, inputs, recipe, seed, log, signal } = context;
      const { training } = recipe;
      const { sequenceLength } = training;
      await startBackend(recipe);
      const modelDirectory = modelOf(recipe, inputs, previous);
      const tokenizer = await loadTokenizer(modelDirectory);
      const { config, params } = await loadQwen2(modelDirectory);
      const limits = { maxLength: sequenceLength, vocabSize: config.vocabSize };
      const path = join(inputs[pairsFrom]!, PAIRS_FILE);
      const { encoded, heldOut } = await asBadInput(async () =>
        training.lossTypes.includes('kto')
          ? encodeSplit(
              await holdOutPreferences(
                await readJsonLines<UnpairedAnswer>(path),
                recipe,
                async (source) => (await readGivenAnswers(source)).answers,
              ),
              (answers) => encodeUnpairedAnswers(tokenizer, answers, limits),
            )
          : encodeSplit(
              await holdOutPreferences(
                await readJsonLines<PreferencePair>(path),
                recipe,
                async (source) => (await readGivenPairs(source)).pairs,
              ),
              (pairs) => encodePreferencePairs(tokenizer, pairs, limits),
            ),
      );
      const { numPairs, tooLong, tooLongRows: rows } = encoded;
      log(`${encoded.pairs.length} of ${numPairs} used, ${rows.length} longer than ${sequenceLength} tokens`);
      if (rows.length > 0) log(`of those that are too long ${describeTooLong(rows)}; all are in ${TOO_LONG_FILE}`);
      await writeFile(join(directory, TOO_LONG_FILE), JSON.stringify({ byLanguage: tooLong, rows }, null, 2));
      const loss = lossOf(config, training);
      const plan = { settings: training, tokenizer, model: { config, params }, ...loss };
      const measure = heldOut && (await measurePreferences({ ...plan, pairs: heldOut.pairs, signal }));
      if (heldOut !== undefined) log(`${heldOut.pairs.length} of ${heldOut.numPairs} held out are measured`);
      else if (recipe.validation !== undefined) log('warning: nothing is measured: the share drew no prompt of these');
      return trainOnPreferences(context, {
        ...plan,
        pairs: encoded.pairs,
        evaluate: measure && {
          every: training.evaluateEverySteps!,
          atStart: true,
          run: (current, _, average) => measure(average ?? current),
        },
        config: { training, seed },
        files: tokenizer.files(),
      });
    },
  };
}

/** @throws Error when the rows of a side are all too long */
function encodeSplit<Row>(
  { training, heldOut }: { readonly training: readonly Row[]; readonly heldOut: readonly Row[] | undefined },
  encode: (rows: readonly Row[]) => EncodedPreferences,
): { readonly encoded: EncodedPreferences; readonly heldOut: EncodedPreferences | undefined } {
  return { encoded: encode(training), heldOut: heldOut?.length ? encode(heldOut) : undefined };
}

function lossOf(config: Qwen2Config, { lossTypes, lossWeights, beta, recompute }: AlignRecipe['training']) {
  if (lossTypes.includes('kto')) return { lossFn: ktoLoss({ config, beta, recompute }), needsReference: true };
  const paired = lossTypes as readonly PreferenceLossType[];
  return {
    lossFn: preferenceLoss({ config, lossTypes: paired, beta, recompute, ...(lossWeights && { lossWeights }) }),
    needsReference: paired.some(needsReference),
  };
}
