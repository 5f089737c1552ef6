export type { BatchLoader } from './batches/batch-loader.ts';
export { type PackedBins, packBestFit } from './batches/best-fit.ts';
export { concatBatches } from './batches/concat-batches.ts';
export { type CreateBatchLoaderOptions, createBatchLoader } from './batches/create-batch-loader.ts';
export { type PackSequencesOptions, packSequences, paddingShare } from './batches/pack-sequences.ts';
export type { PackedPlan } from './batches/packed-plan.ts';
export { decodePackedPlan, encodePackedPlan } from './batches/packed-plan-file.ts';
export { IGNORE_INDEX, type TokenBatch } from './batches/token-batch.ts';
export { type CurateDocumentsOptions, type CuratedDocuments, curateDocuments } from './curate/curate-documents.ts';
export { type CuratedUdhr, type CurateUdhrOptions, curateUdhr, keptArticles } from './curate/curate-udhr.ts';
export { UDHR_CHARACTER_SHARES, udhrThresholds } from './curate/udhr-thresholds.ts';
export { EXACT_DUPLICATE, type ExactDedupOptions, exactDedup } from './dedup/exact-dedup.ts';
export { createLineMemory, type LineDedupOptions, type LineMemory, lineDedup } from './dedup/line-dedup.ts';
export {
  type MinhashDedupOptions,
  type MinhashDedupResult,
  minhashDedup,
  NEAR_DUPLICATE,
  type NearDuplicate,
} from './dedup/minhash-dedup.ts';
export {
  createMinhashSigner,
  DEFAULT_MINHASH,
  type MinhashConfig,
  type MinhashSigner,
} from './dedup/minhash-signature.ts';
export type { Document, DocumentSource, MetadataValue } from './document.ts';
export { applyScript, type KubernetesJob, kubernetesJobs } from './executors/kubernetes-jobs.ts';
export { type RunLocalOptions, runLocal, type StageProgress } from './executors/run-local.ts';
export { type SlurmScript, slurmScripts } from './executors/slurm-scripts.ts';
export { type SlurmJob, submitSlurm, writeSlurmScripts } from './executors/submit-slurm.ts';
export { type ExtractedText, htmlToText } from './extract/html-to-text.ts';
export { type ApplyFiltersOptions, applyFilters } from './filters/apply-filters.ts';
export { BAD_WORD_FILES, type BadWordsOptions, badWords, parseWordList } from './filters/c4/bad-words.ts';
export { type C4ParagraphOptions, c4Paragraph } from './filters/c4/c4-paragraph.ts';
export { C4_QUALITY, type C4QualityOptions, type C4QualityThresholds, c4Quality } from './filters/c4/c4-quality.ts';
export { countSentences, type SentenceCounter } from './filters/c4/count-sentences.ts';
export {
  type CharacterSharesOptions,
  type CharacterSharesThresholds,
  characterShares,
  DEFAULT_CHARACTER_SHARES,
} from './filters/character-shares.ts';
export { createFunnel, type Funnel, type FunnelLanguage, type FunnelReport } from './filters/create-funnel.ts';
export {
  type DocumentFilter,
  type Drop,
  drop,
  KEEP,
  type Keep,
  keepEdited,
  type Verdict,
} from './filters/document-filter.ts';
export {
  type FineWebQualityOptions,
  type FineWebQualityThresholds,
  fineWebQuality,
} from './filters/fineweb-quality.ts';
export { type GopherQualityOptions, type GopherQualityThresholds, gopherQuality } from './filters/gopher-quality.ts';
export {
  type GopherRepetitionOptions,
  type GopherRepetitionThresholds,
  gopherRepetition,
} from './filters/gopher-repetition.ts';
export { type LanguageMatchOptions, languageMatch } from './filters/language-match.ts';
export {
  type SailCraftRepetitionOptions,
  type SailCraftRepetitionThresholds,
  sailCraftRepetition,
} from './filters/sailcraft-repetition.ts';
export { rememberWords, splitOnWhiteSpace, splitWords, type WordSplitter } from './filters/split-words.ts';
export {
  LANGUAGES_WITH_THRESHOLDS,
  type LanguageThresholds,
  thresholdsFor,
} from './filters/thresholds/language-thresholds.ts';
export { type UrlFilterOptions, urlFilter } from './filters/url/url-filter.ts';
export { type FastTextFile, readFastTextFile } from './identify/fasttext/fasttext-file.ts';
export { type FastTextIdentifierOptions, fastTextIdentifier } from './identify/fasttext/fasttext-identifier.ts';
export {
  type FastTextModel,
  type FastTextPrediction,
  fastTextModelFromFile,
  loadFastText,
} from './identify/fasttext/fasttext-model.ts';
export { type CrossFitOptions, identifyCrossFit } from './identify/identify-cross-fit.ts';
export {
  type Identification,
  type IdentifyOptions,
  type LanguageIdentifier,
  type LanguageIdentifierJson,
  languageIdentifierFromJson,
  type TrainedLanguageIdentifier,
} from './identify/language-identifier.ts';
export {
  type LanguageSample,
  type TrainLanguageIdentifierOptions,
  trainLanguageIdentifier,
} from './identify/train-language-identifier.ts';
export { declarationQuestions } from './knowledge/declaration-questions.ts';
export { type KeywordExplanationOptions, keywordExplanations } from './knowledge/keyword-explanations.ts';
export {
  type KnowledgeKind,
  type KnowledgeRowsOptions,
  knowledgeRows,
  PERMISSIVE_LICENCES,
} from './knowledge/knowledge-rows.ts';
export { type LanguageFacts, languageQuestions, scriptName } from './knowledge/language-questions.ts';
export { type MathsProblem, mathsDocuments, mathsProblems } from './knowledge/maths-problems.ts';
export { countScripts, type DetectedScript, detectScript } from './languages/detect-script.ts';
export { iso6393Of, languageCodeOf } from './languages/iso-639-1.ts';
export {
  type LanguageInfo,
  type LanguageTier,
  languageInfo,
  languageTier,
  MARCO_LANGUAGES,
  type MarcoLanguage,
  TINY_EXTRA_LANGUAGES,
} from './languages/marco-languages.ts';
export { UDHR_PRIMARY_PAGES, udhrLanguage } from './languages/udhr-languages.ts';
export { areWrittenAlike } from './languages/written-alike.ts';
export { type OpenMegatronOptions, openMegatron } from './megatron/open-megatron.ts';
export { type WrittenMegatron, writeMegatron } from './megatron/write-megatron.ts';
export {
  MARCO_STAGES,
  type MarcoStage,
  type MixtureTier,
  paperLanguageShare,
  type TierShares,
} from './mixture/marco-stages.ts';
export {
  type MixturePlan,
  mixtureTable,
  type PlanMixtureOptions,
  type PlannedSource,
  planMixture,
} from './mixture/plan-mixture.ts';
export type { SharesWithinTier } from './mixture/source-shares.ts';
export { type SourceStats, sourceStatsFromShards } from './mixture/source-stats.ts';
export {
  type MaskedText,
  type MaskPersonalDataOptions,
  maskPersonalData,
  type PersonalDataKind,
  personalDataMasking,
} from './normalize/mask-personal-data.ts';
export { type NormalizedText, normalizeText } from './normalize/normalize-text.ts';
export { mojibakeRepair, type RepairedText, repairMojibake } from './normalize/repair-mojibake.ts';
export { alignParagraphs, type ParagraphAlignment, type ParallelPair } from './parallel/align-paragraphs.ts';
export { type DualCrossEntropyOptions, dualCrossEntropyScorer } from './parallel/dual-cross-entropy-scorer.ts';
export { type TrainLexicalScorerOptions, trainLexicalScorer } from './parallel/lexical-scorer.ts';
export { type PairDedupOptions, pairDedup } from './parallel/pair-dedup.ts';
export { type PairLanguagesOptions, pairLanguages } from './parallel/pair-languages.ts';
export { type FilterByScoreOptions, filterByScore, type PairScorer } from './parallel/pair-scorer.ts';
export {
  DEFAULT_PARALLEL_THRESHOLDS,
  type FilteredPairs,
  filterPairs,
  type ParallelFilter,
  type ParallelThresholds,
  parallelFilters,
} from './parallel/parallel-filters.ts';
export {
  PARALLEL_TEMPLATES,
  type ParallelTemplate,
  type RenderParallelOptions,
  renderParallel,
  templateOf,
} from './parallel/render-parallel.ts';
export { surfaceScorer } from './parallel/surface-scorer.ts';
export { type TranslationJudgeOptions, translationJudge } from './parallel/translation-judge.ts';
export { readArpa, writeArpa } from './perplexity/arpa-file.ts';
export { loadNGramModel } from './perplexity/load-ngram-model.ts';
export type { NGramModel, SentenceScore } from './perplexity/ngram-model.ts';
export { decodeNGramModel, encodeNGramModel } from './perplexity/ngram-model-file.ts';
export {
  documentPerplexity,
  type PerplexityFilterOptions,
  type PerplexityLimits,
  type PerplexityOptions,
  type PerplexityPercentilesOptions,
  perplexityFilter,
  perplexityPercentiles,
  perplexitySentences,
  perplexityWords,
} from './perplexity/perplexity-filter.ts';
export { type TrainNGramModelOptions, trainNGramModel } from './perplexity/train-ngram-model.ts';
export { type CheckedDataPlan, checkDataPlan, type PlanProblem, STEP_NAMES } from './plan/check-data-plan.ts';
export { compilePlan } from './plan/compile-plan.ts';
export { type DataPlan, type DataPlanInput, dataPlanSchema } from './plan/data-plan.ts';
export { listPlanInputs } from './plan/list-plan-inputs.ts';
export { type DataRun, openRun, planHash, startRun } from './plan/open-run.ts';
export { declarationDocuments } from './readers/declaration-documents.ts';
export type { DocumentOfRow, RowOptions, RowResult } from './readers/document-from-row.ts';
export {
  type Compression,
  type DocumentFormat,
  formatOfName,
  type InputFile,
  type InputFormat,
  type PairFormat,
} from './readers/input-file.ts';
export { type ListInputsOptions, listInputs } from './readers/list-inputs.ts';
export { type ReadDocumentsOptions, readDocuments } from './readers/read-documents.ts';
export {
  type FaultReason,
  faultPlace,
  type ReadFault,
  ReadFaultError,
  type ReportFault,
} from './readers/read-fault.ts';
export { type ReadUdhrOptions, readUdhr } from './readers/read-udhr.ts';
export type { UdhrArticle, UdhrDeclaration, UdhrProblem } from './readers/udhr-declaration.ts';
export { type OpenShardOptions, openShard } from './shards/open-shard.ts';
export { type ExpectedTokenizer, requireOneTokenizer } from './shards/require-one-tokenizer.ts';
export type { Shard, ShardInfo, ShardTokenizer } from './shards/shard.ts';
export { type WriteShardOptions, writeShard } from './shards/write-shard.ts';
export {
  type ContaminationOptions,
  type ContaminationReport,
  contaminationByTask,
  contaminationReport,
  type DecontaminationOptions,
  decontamination,
  type TaskContamination,
  type TextInLanguage,
} from './split/contamination.ts';
export { type Split, type SplitByGroupOptions, type SplitName, splitByGroup } from './split/split-by-group.ts';
export { type AnswerFilterOptions, answerFilter } from './synthetic/answer-filters.ts';
export { type OpenAiTextGeneratorOptions, openAiTextGenerator } from './synthetic/openai-text-generator.ts';
export {
  type ExplanationSlots,
  explanationPrompt,
  type SampleSlots,
  type StorySlots,
  samplePrompt,
  storyPrompt,
} from './synthetic/prompt-families.ts';
export { openRequestCache, type RequestCache, requestKey } from './synthetic/request-cache.ts';
export {
  type SynthesisCounts,
  type SynthesisPrompt,
  type SynthesizeOptions,
  synthesizeDocuments,
} from './synthetic/synthesize-documents.ts';
export {
  type GeneratedText,
  GenerationError,
  type GenerationMessage,
  type TextGenerator,
  type TextRequest,
} from './synthetic/text-generator.ts';
export {
  createDocumentStatistics,
  type DocumentStatistics,
  type LanguageStatistics,
  medianLengthBelow,
} from './world/document-statistics.ts';
export { hashRun } from './world/hash-run.ts';
export type { RankState } from './world/rank-state.ts';
export { droppedDocuments, type InspectedDocument, keptDocuments } from './world/read-documents-of-run.ts';
export { openRunDirectory, type RunDirectory } from './world/run-directory.ts';
export { type RankResult, type RunRankOptions, runRank } from './world/run-rank.ts';
export { type RunStatistics, runStatistics, type StageStatistics } from './world/run-statistics.ts';
export { isStageComplete, type RankStatus, runStatus, type StageStatus } from './world/run-status.ts';
export type { Stage, UnitContext } from './world/stage.ts';
export type { UnitOutput, UnitReport } from './world/unit-report.ts';
export { waitForStages } from './world/wait-for-stages.ts';
export { type CreateDocumentWriterOptions, createDocumentWriter } from './writers/create-document-writer.ts';
export type { DocumentWriter, WrittenFile } from './writers/document-writer.ts';
