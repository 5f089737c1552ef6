export {
  type BadRows,
  countByRule,
  type DatasetRow,
  type RowProblem,
} from './datasets/dataset-row.ts';
export {
  type DatasetEntry,
  type DatasetSpec,
  datasetEntry,
  ROW_TEMPLATES,
  type RowTemplate,
} from './datasets/dataset-spec.ts';
export { detectRowTemplate } from './datasets/detect-row-template.ts';
export { type ReadConversationsOptions, type ReadReport, readConversations } from './datasets/read-conversations.ts';
export { readDatasetRows } from './datasets/read-dataset-rows.ts';
export { type ReadPreferencesOptions, readPreferencePairs, readUnpairedAnswers } from './datasets/read-preferences.ts';
export type { RowLanguage } from './datasets/row-language.ts';
export type { AlignedParagraph, TranslationDirections } from './instructions/aligned-paragraph.ts';
export {
  buildContinuationInstructions,
  CONTINUATION_INSTRUCTIONS,
  type ContinuationOptions,
} from './instructions/build-continuation-instructions.ts';
export {
  buildLanguageNamingInstructions,
  LANGUAGE_NAMING_INSTRUCTIONS,
  type LanguageNamingOptions,
} from './instructions/build-language-naming-instructions.ts';
export {
  buildTranslationInstructions,
  renderTranslationInstruction,
  TRANSLATION_INSTRUCTIONS,
  type TranslationInstructionOptions,
} from './instructions/build-translation-instructions.ts';
export {
  type AnswerPrompt,
  type AnswerSampler,
  type ModelSamplerOptions,
  modelSampler,
} from './judging/answer-sampler.ts';
export { type ChatSamplerOptions, chatSampler } from './judging/chat-sampler.ts';
export {
  type CollectedPreferences,
  type CollectPreferencesOptions,
  collectPreferences,
  formatPreferenceTable,
  type LanguagePreferences,
  type PreferenceTable,
  tableOfPairs,
} from './judging/collect-preferences.ts';
export type { Judge, NoVerdict, Verdict } from './judging/judge.ts';
export { JUDGE_INSTRUCTION, type ModelJudgeOptions, modelJudge } from './judging/model-judge.ts';
export {
  languageConsistencyReward,
  lengthReward,
  type Reward,
  referenceReward,
  rewardJudge,
} from './judging/reward-judge.ts';
export {
  type TranslatedPrompts,
  type TranslatePromptsOptions,
  translatePrompts,
} from './judging/translate-prompts.ts';
export {
  buildTranslationPreferences,
  type RejectionKind,
  type TranslationPreferenceOptions,
  type TranslationPreferences,
} from './preferences/build-translation-preferences.ts';
export {
  type EncodedPreferencePair,
  type EncodedPreferences,
  type EncodePreferencesOptions,
  encodePreferencePairs,
} from './preferences/encode-preference-pairs.ts';
export { encodeUnpairedAnswers, type UnpairedAnswer } from './preferences/encode-unpaired-answers.ts';
export { type KtoFormula, type KtoLossOptions, ktoLoss } from './preferences/kto-loss.ts';
export {
  type PackPreferencePairsOptions,
  type PreferenceLoader,
  packPreferencePairs,
} from './preferences/pack-preference-pairs.ts';
export {
  type AnswerLogps,
  needsReference,
  type PairLossOptions,
  PREFERENCE_LOSS_TYPES,
  type PreferenceLossType,
  pairLosses,
} from './preferences/pair-losses.ts';
export {
  type PrecomputeReferenceOptions,
  precomputeReferenceLogProbs,
} from './preferences/precompute-reference-log-probs.ts';
export {
  collatePreferencePairs,
  type PreferenceBatch,
  type ReferenceLogProbs,
} from './preferences/preference-batch.ts';
export {
  type PreferenceLossFormula,
  type PreferenceLossOptions,
  preferenceLoss,
} from './preferences/preference-loss.ts';
export type { PreferencePair } from './preferences/preference-pair.ts';
export {
  type FingerprintOptions,
  fingerprintReference,
  type ReferenceFingerprint,
} from './preferences/reference-fingerprint.ts';
export { type EmbedOptions, embedConversations } from './quality/embed-conversations.ts';
export {
  type DifficultyOptions,
  type DifficultyStepOptions,
  difficultyStep,
  instructionDifficulties,
} from './quality/instruction-difficulty.ts';
export { type DiversityStepOptions, diversityStep, kCenterGreedy } from './quality/k-center.ts';
export {
  type DropReason,
  type QualityStep,
  type SelectedConversations,
  selectConversations,
} from './quality/quality-step.ts';
export {
  exactDuplicateStep,
  type LanguageConsistencyOptions,
  type LengthOptions,
  languageConsistencyStep,
  lengthStep,
  nearDuplicateStep,
} from './quality/text-steps.ts';
export { type CollatedRows, type CollateOptions, collateRows, type PlacedSequence } from './sequences/collate-rows.ts';
export {
  countTargets,
  describeTooLong,
  type TokenSequence,
  type TooLong,
  type TooLongRow,
} from './sequences/token-sequence.ts';
export type { Conversation } from './sft/conversation.ts';
export { type EncodeConversationOptions, encodeConversation } from './sft/encode-conversation.ts';
export {
  type ConversationLoader,
  type PackConversationsOptions,
  type PackingReport,
  packConversations,
} from './sft/pack-conversations.ts';
