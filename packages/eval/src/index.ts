export { type AnswerFilter, answerFilter } from './answers/answer-filters.ts';
export { type AnswerMatchOptions, answerF1, answerTokens, exactMatch } from './answers/answer-match.ts';
export { type ChoiceAccuracy, choiceAccuracy } from './answers/choice-accuracy.ts';
export { extractChoice } from './answers/extract-choice.ts';
export { finalAnswer, isEquivalentMath, normalizeMath } from './answers/math-equivalence.ts';
export type { DatasetFiles } from './datasets/dataset-files.ts';
export { directoryDatasetFiles } from './datasets/directory-dataset-files.ts';
export { type HubDatasetOptions, hubDatasetFiles } from './datasets/hub-dataset-files.ts';
export { type LoadSplitOptions, loadSplit } from './datasets/load-split.ts';
export { openArchives } from './datasets/open-archives.ts';
export { readRows } from './datasets/read-rows.ts';
export { type EvaluateOptions, type EvaluateProgress, evaluate } from './evaluate.ts';
export { type BleuOptions, type BleuScore, bleu, bleuMetric, sentenceBleu } from './metrics/bleu.ts';
export {
  type BleuTokenizer,
  type BleuTokenizerName,
  bleuTokenizer,
  type ModelTokenizerName,
} from './metrics/bleu-tokenizers.ts';
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
  FailedResponse,
  GenerationRequest,
  GenerationResponse,
  LanguageModel,
  LoglikelihoodRequest,
  LoglikelihoodResponse,
  RequestNotice,
  RequestOptions,
  RollingResponse,
} from './model/language-model.ts';
export { type OpenAiLanguageModelOptions, openAiLanguageModel } from './model/open-ai-language-model.ts';
export {
  type Qwen2LanguageModel,
  type Qwen2LanguageModelOptions,
  qwen2LanguageModel,
} from './model/qwen2-language-model.ts';
export { rollingWindows, type Window } from './model/rolling-windows.ts';
export {
  type CompareEvaluationsOptions,
  type CorrectedRow,
  compareEvaluations,
  type Disagreements,
  type EvaluationComparison,
} from './results/compare-evaluations.ts';
export { type CompareOptions, type ComparisonRow, compareResults } from './results/compare-results.ts';
export { type EvalContamination, type TaskContamination, taskTexts } from './results/contamination.ts';
export type { EvalResults } from './results/eval-results.ts';
export { groupResults } from './results/group-results.ts';
export { type LmEvalOptions, type LmEvalResults, lmEvalResults, lmEvalSamples } from './results/lm-eval-results.ts';
export { type WriteLmEvalOptions, writeLmEvalResults } from './results/lm-eval-results-writer.ts';
export { type LmEvalSampleOptions, lmEvalSampleLines, lmEvalTaskHash } from './results/lm-eval-sample.ts';
export { type AnswerLog, documentKey, type LoggedAnswer, openAnswerLog } from './resume/answer-log.ts';
export { resumableTask, type Share } from './resume/resumable-task.ts';
export { type LoggedText, loggedChat, loggedModel, openTextLog, type TextLog } from './resume/text-log.ts';
export { type SentencePieceTokenizer, sentencePieceTokenizer } from './sentencepiece/sentencepiece-tokenizer.ts';
export { spmTokenizer } from './sentencepiece/spm-tokenizer.ts';
export { adjustPValues } from './statistics/adjust-p-values.ts';
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
export { type AggregateGroupsOptions, aggregateGroups, type GroupAggregate } from './tasks/aggregate-groups.ts';
export { askTogether } from './tasks/ask-together.ts';
export { type BitsPerByteOptions, bitsPerByteTask, type TextDocument } from './tasks/bits-per-byte-task.ts';
export { type Article, type BuildClozeOptions, buildClozeItems } from './tasks/build-cloze-items.ts';
export { type ClozeItem, type ClozeOptions, clozeTask } from './tasks/cloze-task.ts';
export type { ChatMessage, ChatOptions, ContextOptions } from './tasks/definition/build-context.ts';
export { type DocumentTaskOptions, documentTask } from './tasks/definition/document-task.ts';
export {
  answerOverlap,
  type FilteredMatchOptions,
  filteredMatch,
  type NamedFilter,
  rightOrWrong,
  type TranslationMetricName,
  type TranslationScoringOptions,
  translationScoring,
} from './tasks/definition/generation-scoring.ts';
export { type LoadTaskOptions, loadTask } from './tasks/definition/load-task.ts';
export type {
  ChoicePrompt,
  ContextChoicePrompt,
  ContinuationPrompt,
  DatasetReference,
  FewShotRule,
  GenerationPrompt,
  GenerationScoring,
  RollingPrompt,
  Row,
  Splits,
  TaskDefinition,
  TaskPrompt,
} from './tasks/definition/task-definition.ts';
export { UnusableRow } from './tasks/definition/unusable-row.ts';
export { writtenChoice } from './tasks/definition/written-choice.ts';
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
export { type LetterChoices, letterChoices } from './tasks/exams/letter-choices.ts';
export { type HeldOutParagraph, type HeldOutRowsOptions, heldOutRows } from './tasks/held-out/held-out-rows.ts';
export { HELD_OUT, type HeldOutKind, heldOutTask } from './tasks/held-out/held-out-tasks.ts';
export { type ChatEndpointOptions, type ChatModel, chatEndpoint } from './tasks/judge/chat-endpoint.ts';
export { type JudgePairOptions, judgePair, type PairVerdict, type Preference } from './tasks/judge/judge-pair.ts';
export {
  answerMtBench,
  type MtBenchAnswerOptions,
  type MtBenchOptions,
  type MtBenchQuestion,
  mtBenchAnswers,
  mtBenchQuestions,
  mtBenchTask,
} from './tasks/judge/mt-bench-task.ts';
export { LANGUAGE_NAMES, languageName, languageOfCode } from './tasks/languages.ts';
export { marcoSuite } from './tasks/marco-suite.ts';
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
  askDocuments,
  type DocumentScore,
  scoreDocuments,
  type TaskDocument,
  type TaskRequest,
  type TaskResponse,
  taskOfDocuments,
} from './tasks/task-document.ts';
export { findTasks, taskDefinitions, taskGroups } from './tasks/task-registry.ts';
export { floresTask } from './tasks/translation/flores.ts';
export { withSpBleu } from './tasks/translation/with-spbleu.ts';
export {
  defaultBleuTokenizer,
  type TranslationOptions,
  type TranslationPair,
  translationTask,
} from './tasks/translation-task.ts';
export { type ReadTaskYamlOptions, readTaskYaml, type YamlGroup } from './yaml/read-task-yaml.ts';
