export { remat } from './autodiff/remat.ts';
export { type ValueAndGrad, valueAndGrad } from './autodiff/value-and-grad.ts';
export {
  BACKEND_NAMES,
  type BackendFacts,
  type BackendName,
  type BackendProbe,
  type BackendRecord,
  type RefusedBackend,
} from './backend/backend-record.ts';
export { copiesNewValues } from './backend/copies-new-values.ts';
export { type InitBackendOptions, initBackend } from './backend/init-backend.ts';
export { probeBackends } from './backend/probe-backends.ts';
export { IGNORE_INDEX } from './ignore-index.ts';
export type { LossFn, LossOutput } from './loss-fn.ts';
export { type AdamWSettings, type AdamWTensors, adamwStep } from './ops/adamw-step.ts';
export { causalAttention } from './ops/causal-attention.ts';
export { embedding } from './ops/embedding.ts';
export { globalNorm } from './ops/global-norm.ts';
export { linear } from './ops/linear.ts';
export { linearCrossEntropy } from './ops/linear-cross-entropy.ts';
export { rmsNorm } from './ops/rms-norm.ts';
export { rotaryEmbedding } from './ops/rotary-embedding.ts';
export { swiglu } from './ops/swiglu.ts';
export { halveParams } from './params/halve-params.ts';
export { type ArrayMap, type NamedArray, paramsFromArrays, paramsToArrays } from './params/param-arrays.ts';
export { copyParams, countParams, disposeParams, type ParamMap } from './params/param-map.ts';
export { createRandom, type Random } from './random/create-random.ts';
export { expectShape } from './shape/expect-shape.ts';
export { ShapeError } from './shape/shape-error.ts';
export { tf } from './tf.ts';
