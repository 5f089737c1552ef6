export { type CheckedRecipe, checkRecipe } from './config/check-recipe.ts';
export { ConfigError, type ConfigProblem } from './config/config-problem.ts';
export { type LoadedRecipe, loadRecipe } from './config/load-recipe.ts';
export { recipeJsonSchema } from './config/recipe-keys.ts';
export { BACKEND_NAMES, type Recipe, recipeSchema } from './config/recipe-schema.ts';
export { LANGUAGE_TIERS, type LanguageTier } from './config/schema/data-section.ts';
export { MIXTURE_SOURCES, type MixtureSource } from './config/schema/pretrain-section.ts';
export { REJECTED_KINDS } from './config/schema/tuning-sections.ts';
export {
  BadInputError,
  EXIT_CODES,
  exitCodeOf,
  InterruptedError,
  StageFailedError,
  type StopSignal,
} from './errors.ts';
export { BUILTIN_RECIPES } from './recipes/builtin-recipes.ts';
export { tinyCpu } from './recipes/tiny-cpu.ts';
export { renderHtml } from './report/render-html.ts';
export { renderMarkdown } from './report/render-markdown.ts';
export type {
  CostResult,
  EvaluationResult,
  FertilityResult,
  FunnelResult,
  MixtureResult,
  RunResults,
  SampleResult,
  StageResult,
  TaskResult,
  TaskScore,
  TrainingResult,
  TrainingStep,
} from './report/run-results.ts';
export { writeReport } from './report/write-report.ts';
export { collectResults } from './results/collect-results.ts';
export { type PlannedStage, planRun } from './runner/plan-run.ts';
export { findLatestRun, type RunRecord, readRunRecord } from './runner/run-directory.ts';
export { type RunObserver, type RunOutcome, runStages } from './runner/run-stages.ts';
export type { RunRecipe, Stage, StageContext, StageCounts, StageProgress } from './runner/stage.ts';
export { recipeStages } from './stages/recipe-stages.ts';
