/**
 * Everything that is measured of one model: held-out bits per byte, translations, cloze items, preferences and samples to read.
 *
 * Models that were not tuned on instructions translate in the paper's template B, tuned ones in the chat format; the report says so.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AlignedParagraph, buildTranslationPreferences, renderTranslationInstruction } from '@marco-ts/aligner';
import { PARALLEL_TEMPLATES, UDHR_PRIMARY_PAGES } from '@marco-ts/data';
import {
  askTogether,
  bitsPerByteTask,
  buildClozeItems,
  clozeTask,
  type EvalResults,
  type EvalTask,
  evaluate,
  groupResults,
  type LanguageModel,
  type PairLogProbs,
  preferenceLogProbs,
  preferenceTask,
  qwen2LanguageModel,
  type TranslationPair,
  translationTask,
} from '@marco-ts/eval';
import { type ChatMessage, loadTokenizer, type Tokenizer } from '@marco-ts/tokenizer';
import { languageTiers } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import type { SampleResult } from '../report/run-results.ts';
import type { Stage, StageContext } from '../runner/stage.ts';
import { readDocuments, readParagraphs } from '../stage-files/data-files.ts';
import { withStageModel } from '../stage-files/model-files.ts';
import { contaminationOf, readTrainingText } from '../stage-files/training-text.ts';
import { loadBenchmarks } from './benchmark-tasks.ts';
import { modelStage } from './model-stage.ts';
import { startBackend } from './start-backend.ts';

export const EVALUATION_FILE = 'evaluation.json';
export const SAMPLES_FILE = 'samples.json';
const CHAT_END = '<|im_end|>';
const TRANSLATION_INSTRUCTION = 'Translate from {source} to {target}:\n{text}';
/** Share of a held-out text that a continuation sample begins with. */
const SAMPLE_PROMPT_SHARE = 0.4;

export const evaluationStageName = (after: string): string => `evaluate-${after}`;

export interface EvaluationStageOptions {
  readonly isChat: boolean;
  /** stage whose model is the reference of the preference accuracy, for the stage that aligned it */
  readonly reference?: string;
  /** whether the recipe's benchmarks are asked */
  readonly asksBenchmarks: boolean;
}

export function evaluationStage(after: string, options: EvaluationStageOptions): Stage<Recipe> {
  const { isChat, reference, asksBenchmarks } = options;
  return {
    name: evaluationStageName(after),
    title: `evaluation after ${after}`,
    dependsOn: ['data', 'tokenizer', after, ...(reference === undefined ? [] : [reference])],
    config: ({ eval: { benchmarks, ...settings }, seed, data }) => ({
      eval: { ...settings, ...(asksBenchmarks && { benchmarks }) },
      seed,
      tiers: data.tiers,
      isChat,
    }),
    async run(context) {
      const { directory, inputs, recipe, progress, signal, log } = context;
      await startBackend(recipe);
      const tokenizer = await loadTokenizer(inputs.tokenizer!);
      const material = await readMaterial(context);
      const tiers = languageTiers(recipe);
      const untrained = recipe.eval.translationLanguages.filter((language) => !tiers.has(language));
      // Once: the same holds for every model of the run.
      if (after === modelStage.name && untrained.length > 0) {
        log(`eval.translationLanguages: ${untrained.join(', ')} are in no tier of data.tiers and are not translated`);
      }
      const open = <Result>(stage: string, use: (model: LanguageModel) => Promise<Result>): Promise<Result> =>
        withStageModel(inputs[stage]!, ({ params, config }) =>
          use(
            qwen2LanguageModel({
              params,
              config,
              tokenizer,
              batchTokens: recipe.eval.batchTokens,
              stopTokenIds: [tokenizer.tokenToId(CHAT_END)!],
              name: stage,
            }),
          ),
        );
      progress.start({ unit: 'requests' });
      const format = preferenceFormat(tokenizer);
      const referenceLogProbs =
        reference === undefined || material.preferences.length === 0
          ? undefined
          : await open(reference, (model) => preferenceLogProbs(model, material.preferences, format, { signal }));
      const benchmarks = asksBenchmarks ? await loadBenchmarks(recipe, inputs.data!) : [];
      const own = makeTasks(recipe, material, tokenizer, { isChat, referenceLogProbs });
      const { results, samples } = await open(after, async (model) => {
        const advance = progressOf(progress);
        const asked = await askTogether(model, benchmarks, {
          signal,
          onProgress: (done) => advance('benchmarks', done),
        });
        const results = await evaluate(model, [...own, ...asked], {
          signal,
          seed: recipe.seed,
          onProgress: ({ task, done }) => advance(task, done),
        });
        return { results, samples: await makeSamples(model, recipe, material, results, { after, signal }) };
      });
      for (const [name, { numTruncated, numRefused, skipped }] of Object.entries(results.tasks)) {
        if (numTruncated + numRefused + skipped.length > 0) {
          log(`${name}: ${numTruncated} requests truncated, ${numRefused} refused, ${skipped.length} items left out`);
        }
      }
      // Once: tasks and training text are the same for every model of the run.
      const contamination =
        after === modelStage.name &&
        benchmarks.length > 0 &&
        contaminationOf([...own, ...benchmarks], await readTrainingText(inputs.data!), 'the run’s data stage');
      await writeFile(
        join(directory, EVALUATION_FILE),
        JSON.stringify({ ...results, ...(contamination && { contamination }) }),
      );
      await writeFile(join(directory, SAMPLES_FILE), JSON.stringify(samples, null, 2));
      return Object.fromEntries(
        Object.entries(groupResults(results).tasks).map(([name, task]) => [name, task.numItems.effective]),
      );
    },
  };
}

/** Advances by what is new since the last call; a count that falls belongs to the next task. */
function progressOf(progress: StageContext<Recipe>['progress']): (label: string, done: number) => void {
  let before = 0;
  return (label, done) => {
    progress.advance(done < before ? done : done - before, label);
    before = done;
  };
}

interface Material {
  readonly documents: Awaited<ReturnType<typeof readDocuments>>;
  readonly translations: readonly TranslationPair[];
  readonly names: ReadonlyMap<string, string>;
  readonly articles: Parameters<typeof buildClozeItems>[0]['articles'];
  readonly preferences: readonly {
    readonly prompt: readonly ChatMessage[];
    readonly chosen: string;
    readonly rejected: string;
    readonly language: string;
    readonly kind: string;
  }[];
}

/** The held-out text of the run, as each task wants it; the same for every model. */
async function readMaterial({ inputs, recipe }: StageContext<Recipe>): Promise<Material> {
  const { eval: settings, data, seed } = recipe;
  const test = await readDocuments(inputs.data!, 'test');
  // A language with several pages would count its text several times.
  const documents = test.filter(({ language, metadata }) => {
    const primary = UDHR_PRIMARY_PAGES[language];
    return primary === undefined || metadata.page === undefined || metadata.page === primary;
  });
  const paragraphs = await readParagraphs(inputs.data!, 'test');
  const validation = await readParagraphs(inputs.data!, 'validation');
  const { pivotLanguage } = data.parallel;
  const numLanguages = Math.max(1, new Set(paragraphs.map(({ language }) => language)).size - 1);
  return {
    documents,
    translations: translationPairs(paragraphs, pivotLanguage, settings),
    names: new Map(paragraphs.map(({ language, languageName }) => [language, languageName])),
    articles: [
      ...Map.groupBy([...paragraphs, ...validation], ({ language, articleId }) => `${language} ${articleId}`),
    ].map(([id, own]) => ({ id, language: own[0]!.language, paragraphs: own.map(({ text }) => text) })),
    preferences:
      settings.numPreferencePairs === 0 || paragraphs.length === 0
        ? []
        : buildTranslationPreferences({
            paragraphs,
            pivotLanguage,
            ...(recipe.preference === undefined ? {} : { kinds: recipe.preference.rejectedKinds }),
            maxPerLanguage: Math.ceil(settings.numPreferencePairs / numLanguages),
            seed,
          }).pairs,
  };
}

function translationPairs(
  paragraphs: readonly AlignedParagraph[],
  pivotLanguage: string,
  { translationLanguages, numTranslationPairs }: Recipe['eval'],
): TranslationPair[] {
  const byKey = new Map(paragraphs.map((paragraph) => [`${paragraph.language} ${paragraph.paragraphId}`, paragraph]));
  return [...new Set(translationLanguages)].flatMap((language) => {
    if (language === pivotLanguage) return [];
    const own = paragraphs.filter((paragraph) => paragraph.language === language).slice(0, numTranslationPairs);
    return own.flatMap((other) => {
      const pivot = byKey.get(`${pivotLanguage} ${other.paragraphId}`);
      if (pivot === undefined) return [];
      const pair = (source: AlignedParagraph, target: AlignedParagraph): TranslationPair => ({
        id: `${source.language}-${target.language}/${source.paragraphId}`,
        source: source.text,
        target: target.text,
        sourceLanguage: source.language,
        targetLanguage: target.language,
      });
      return [pair(pivot, other), pair(other, pivot)];
    });
  });
}

function makeTasks(
  recipe: Recipe,
  material: Material,
  tokenizer: Tokenizer,
  options: { isChat: boolean; referenceLogProbs: readonly PairLogProbs[] | undefined },
): EvalTask[] {
  const tiers = Object.fromEntries(languageTiers(recipe));
  const { translations, articles, preferences, names } = material;
  const tasks = [bitsPerByteTask({ documents: material.documents, tiers })];
  if (translations.length > 0) {
    tasks.push(
      translationTask({
        pairs: translations,
        prompt: translationPrompt(tokenizer, names, options.isChat),
        maxNewTokens: recipe.eval.translationMaxNewTokens,
        pivot: recipe.data.parallel.pivotLanguage,
        tiers,
      }),
    );
  }
  const items =
    recipe.eval.numClozeItems === 0
      ? []
      : buildClozeItems({ articles, seed: recipe.seed, maxItemsPerLanguage: recipe.eval.numClozeItems });
  if (items.length > 0) tasks.push(clozeTask({ items, tiers }));
  if (preferences.length > 0) {
    tasks.push(
      preferenceTask({
        pairs: preferences,
        ...preferenceFormat(tokenizer),
        tiers,
        ...(options.referenceLogProbs && { referenceLogProbs: options.referenceLogProbs }),
      }),
    );
  }
  return tasks;
}

function translationPrompt(tokenizer: Tokenizer, names: ReadonlyMap<string, string>, isChat: boolean) {
  return ({ source, sourceLanguage, targetLanguage }: TranslationPair): string => {
    const [from, to] = [names.get(sourceLanguage)!, names.get(targetLanguage)!];
    if (!isChat) return PARALLEL_TEMPLATES.B!(from, to, source, '').trimEnd();
    const side = (language: string, languageName: string, text: string): AlignedParagraph => ({
      articleId: '',
      paragraphId: '',
      language,
      languageName,
      text,
    });
    const content = renderTranslationInstruction(TRANSLATION_INSTRUCTION, {
      source: side(sourceLanguage, from, source),
      target: side(targetLanguage, to, ''),
    });
    return tokenizer.renderChat([{ role: 'user', content }], { addGenerationPrompt: true });
  };
}

function preferenceFormat(tokenizer: Tokenizer) {
  return {
    formatPrompt: (prompt: readonly ChatMessage[]) => tokenizer.renderChat(prompt, { addGenerationPrompt: true }),
    completionSuffix: CHAT_END,
  };
}

/** Continuations of held-out text in several languages, and the first translation of each direction. */
async function makeSamples(
  model: LanguageModel,
  recipe: Recipe,
  material: Material,
  results: EvalResults,
  { after, signal }: { after: string; signal: AbortSignal },
): Promise<SampleResult[]> {
  const { numSamples, sampleMaxNewTokens } = recipe.eval;
  const firsts = [...Map.groupBy(material.documents, ({ language }) => language).values()].map(([first]) => first!);
  const every = Math.max(1, Math.floor(firsts.length / Math.max(1, numSamples)));
  const chosen = firsts.filter((_, index) => index % every === 0).slice(0, numSamples);
  const prompts = chosen.map(({ text, language }) => cutText(text, language));
  const generated = await model.generateUntil(
    prompts.map((prompt) => ({ prompt, until: [], maxNewTokens: sampleMaxNewTokens })),
    { signal },
  );
  const continuations = chosen.map(({ text, language }, index): SampleResult => {
    const prompt = prompts[index]!;
    return {
      afterStage: after,
      kind: 'continuation',
      language,
      prompt,
      generated: generated[index] as string,
      reference: text.slice(prompt.length),
    };
  });
  const translated = results.tasks.translation?.samples ?? [];
  const byDirection = Map.groupBy(translated, ({ groups }) => groups.direction!);
  const translations = [...byDirection].slice(0, numSamples).map(([direction, [first]]): SampleResult => {
    const { source, reference, hypothesis } = first!.record as Record<'source' | 'reference' | 'hypothesis', string>;
    return {
      afterStage: after,
      kind: 'translation',
      language: direction.split('-')[1]!,
      prompt: source,
      generated: hypothesis,
      reference,
    };
  });
  return [...continuations, ...translations];
}

/** The beginning of a text, up to a word's end. */
function cutText(text: string, language: string): string {
  const segmenter = new Intl.Segmenter(language.split('_')[0]!, { granularity: 'word' });
  const limit = text.length * SAMPLE_PROMPT_SHARE;
  let end = 0;
  for (const { index, segment, isWordLike } of segmenter.segment(text)) {
    if (index > limit && end > 0) break;
    if (isWordLike) end = index + segment.length;
  }
  return text.slice(0, end);
}
