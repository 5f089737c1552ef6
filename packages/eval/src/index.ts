export { type AnswerMatchOptions, answerF1, answerTokens, exactMatch } from './answers/answer-match.ts';
export { type ChoiceAccuracy, choiceAccuracy } from './answers/choice-accuracy.ts';
export { type EvaluateOptions, type EvaluateProgress, evaluate } from './evaluate.ts';
export { type BleuOptions, type BleuScore, bleu, bleuMetric, sentenceBleu } from './metrics/bleu.ts';
export { type BleuTokenizer, type BleuTokenizerName, bleuTokenizer } from './metrics/bleu-tokenizers.ts';
export { type ChrfOptions, type ChrfScore, chrf, chrfMetric, sentenceChrf } from './metrics/chrf.ts';
export {
  type CorpusMetric,
  type EmptyReference,
  type References,
  SACREBLEU_VERSION,
  type SegmentStatistics,
  sumStatistics,
} from './metrics/corpus-metric.ts';
export { formatScore, type PrintableScore, scoreRecord } from './metrics/format-score.ts';
export { sentenceTer, type TerOptions, type TerScore, ter, terMetric } from './metrics/ter.ts';
export { type TercomOptions, tercomTokenizer } from './metrics/tercom-tokenizer.ts';
export { type EncodedPair, encodePair } from './model/encode-pair.ts';
export type {
  GenerationRequest,
  LanguageModel,
  LoglikelihoodRequest,
  LoglikelihoodResponse,
  RequestNotice,
  RequestOptions,
  RollingResponse,
} from './model/language-model.ts';
export { type Qwen2LanguageModelOptions, qwen2LanguageModel } from './model/qwen2-language-model.ts';
export { rollingWindows, type Window } from './model/rolling-windows.ts';
export { type CompareOptions, type ComparisonRow, compareResults } from './results/compare-results.ts';
export type { EvalResults } from './results/eval-results.ts';
export { type LmEvalOptions, type LmEvalResults, lmEvalResults, lmEvalSamples } from './results/lm-eval-results.ts';
export { type WriteLmEvalOptions, writeLmEvalResults } from './results/lm-eval-results-writer.ts';
export {
  type BootstrapOptions,
  bootstrapScores,
  bootstrapStandardError,
  confidenceInterval,
} from './statistics/bootstrap.ts';
export { type MacroAverage, type MacroValue, macroAverage, macroAverageByTier } from './statistics/macro-average.ts';
export {
  type CompareSystemsOptions,
  compareSystems,
  type PairedTestOptions,
  type PairedTestResult,
  pairedBootstrap,
  pairedRandomization,
} from './statistics/paired-test.ts';
export { binomialStandardError, meanStandardError, ratioStandardError } from './statistics/standard-error.ts';
export { type BitsPerByteOptions, bitsPerByteTask, type TextDocument } from './tasks/bits-per-byte-task.ts';
export { type Article, type BuildClozeOptions, buildClozeItems } from './tasks/build-cloze-items.ts';
export { type ClozeItem, type ClozeOptions, clozeTask } from './tasks/cloze-task.ts';
export type {
  EvalSample,
  EvalTask,
  GroupResult,
  Json,
  SkippedItem,
  TaskContext,
  TaskResult,
  TaskRun,
} from './tasks/eval-task.ts';
export { type MetricDefinition, type MetricKind, type MetricValue, scoreOfSums } from './tasks/metric-definition.ts';
export {
  type PairLogProbs,
  type PreferenceFormat,
  type PreferenceOptions,
  type PreferencePair,
  preferenceLogProbs,
  preferenceTask,
} from './tasks/preference-task.ts';
export type { Tiers } from './tasks/select-items.ts';
export {
  defaultBleuTokenizer,
  type TranslationOptions,
  type TranslationPair,
  translationTask,
} from './tasks/translation-task.ts';
