export type { AnswerTextOptions, TokenTextDecoder } from './generation/answer-text.ts';
export { type GenerateOptions, generate } from './generation/generate.ts';
export type { SamplingOptions } from './generation/sample-token.ts';
export { samplingFromGenerationConfig } from './generation/sampling-from-generation-config.ts';
export { applyLora, withLora } from './lora/apply-lora.ts';
export { countLoraParams, initLoraParams } from './lora/init-lora-params.ts';
export type { LoraConfig } from './lora/lora-config.ts';
export { mergeLora, unmergeLora } from './lora/merge-lora.ts';
export { batchInputs, type CausalBatch } from './loss/causal-batch.ts';
export { causalLanguageModelLoss } from './loss/causal-language-model-loss.ts';
export { type PredictedTokens, predictedTokens } from './loss/predicted-tokens.ts';
export { tokenNll } from './loss/token-nll.ts';
export { type Estimate, type EstimateOptions, estimate } from './qwen2/estimate.ts';
export { initQwen2Params } from './qwen2/init-qwen2-params.ts';
export { type MemoryFit, type MemoryFitOptions, memoryFit, requireMemory } from './qwen2/memory-fit.ts';
export { outputEmbedding, parameterShapes } from './qwen2/parameter-shapes.ts';
export { type Branch, type BranchStates, qwen2Branches, type TokenMemory } from './qwen2/qwen2-branches.ts';
export { parseQwen2Config, type Qwen2Config, qwen2ConfigToJson } from './qwen2/qwen2-config.ts';
export { type Qwen2Inputs, type Qwen2Options, qwen2Hidden, qwen2Logits } from './qwen2/qwen2-hidden.ts';
export type { KeyValues } from './qwen2/qwen2-layer.ts';
export { QWEN2_SIZES } from './qwen2/qwen2-sizes.ts';
export {
  type ReadQwen2ParamsOptions,
  readQwen2Params,
  type WeightFiles,
  type WeightTensor,
} from './qwen2/read-qwen2-params.ts';
export { type NewEmbedding, resizeEmbeddings } from './qwen2/resize-embeddings.ts';
