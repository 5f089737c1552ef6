/**
 * The parameters of a Qwen2 model from files that are open already, one tensor at a time.
 */
import { copiesNewValues, disposeParams, type ParamMap, tf } from '@marco-ts/core';
import { modelError } from '../model-error.ts';
import { estimate } from './estimate.ts';
import { listFaults, parameterShapes, shapeFaults } from './parameter-shapes.ts';
import type { Qwen2Config } from './qwen2-config.ts';

/** What is asked of open weights; `openSafetensorsFrom` and `openHuggingFaceModel` of @marco-ts/checkpoint give it. */
export interface WeightFiles {
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /**
   * The values of one tensor, halves widened to float32. Throws when the file has no tensor of that name.
   *
   * @param into memory that may take the values from its start, and is long enough; what is given back is then a view of it
   */
  readArray(
    name: string,
    into?: Float32Array,
  ): Promise<{ readonly shape: readonly number[]; readonly data: Float32Array | Int32Array }>;
}

/** A tensor of the files, as its header describes it. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The file that holds it, for errors. */
  readonly path?: string;
}

/** Limits of reading, and what errors call the weights. */
export interface ReadQwen2ParamsOptions {
  /** Bytes that the weights may take in memory; when they would take more, nothing is read. */
  readonly memoryBudgetBytes?: number;
  /** What errors call the place of the weights. @default 'the weights' */
  readonly place?: string;
}

/** Larger tensors are read into memory of their own, which goes when they have been copied. */
const MAX_REUSED_LENGTH = 2 ** 24;

const FLOATS = new Set(['F32', 'F16', 'BF16', 'F64']);

/**
 * All shapes and types are held against the config before any tensor is read. In a tied model a stored `lm_head.weight` is passed over, as
 * transformers does.
 *
 * @param weights not closed
 * @returns new tensors, owned by the caller
 * @throws naming the tensor and its file: a missing or unexpected tensor, a shape that disagrees with the config, integers where floats belong,
 * damaged bytes, weights past the budget
 */
export async function readQwen2Params(
  config: Qwen2Config,
  weights: WeightFiles,
  options: ReadQwen2ParamsOptions = {},
): Promise<ParamMap> {
  return readParams('readQwen2Params', config, weights, options);
}

/** @param functionName the public function that failed, for errors */
export async function readParams(
  functionName: string,
  config: Qwen2Config,
  weights: WeightFiles,
  { memoryBudgetBytes = Number.POSITIVE_INFINITY, place = 'the weights' }: ReadQwen2ParamsOptions,
): Promise<ParamMap> {
  const lengths = new Map([...parameterShapes(config)].map(([name, shape]) => [name, tf.util.sizeFromShape(shape)]));
  checkWeights(functionName, config, weights, place);
  const { weightBytes } = estimate(config);
  if (weightBytes > memoryBudgetBytes) {
    throw modelError(
      functionName,
      `weights must fit memoryBudgetBytes ${memoryBudgetBytes}, got ${weightBytes} in float32 at ${place}. Take a smaller model or a larger machine.`,
    );
  }
  const params = new Map<string, tf.Tensor>();
  const room = copiesNewValues() ? createRoom([...lengths.values()]) : undefined;
  try {
    for (const [name, length] of lengths) {
      const into = room?.take(length);
      const { shape, data } = await weights.readArray(name, into);
      params.set(name, tf.tensor(data, [...shape], 'float32'));
      if (into) room?.giveBack(into);
    }
    return params;
  } catch (error) {
    disposeParams(params);
    throw error;
  }
}

/** ECMAScript 2024; older browsers have none. */
type Detachable = ArrayBuffer & { transfer?(length: number): ArrayBuffer };

/** Memory for one tensor at a time: getting new pages takes longer than reading into old ones. */
function createRoom(lengths: readonly number[]) {
  const reused = new Float32Array(Math.max(0, ...lengths.filter((length) => length <= MAX_REUSED_LENGTH)));
  return {
    take: (length: number) => (length <= reused.length ? reused : new Float32Array(length)),
    giveBack(array: Float32Array<ArrayBuffer>) {
      // Detaching frees the bytes now; a collection of garbage may be long in coming.
      if (array !== reused) (array.buffer as Detachable).transfer?.(0);
    },
  };
}

function checkWeights(functionName: string, config: Qwen2Config, { tensors }: WeightFiles, place: string): void {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  const faults = shapeFaults(config, shapes, (name) => tensors.get(name)!.path ?? place);
  for (const name of parameterShapes(config).keys()) {
    const tensor = tensors.get(name);
    if (tensor && !FLOATS.has(tensor.dtype))
      faults.push(`tensor ${name} must be F32, F16 or BF16, got ${tensor.dtype} at ${tensor.path ?? place}`);
  }
  if (faults.length === 0) return;
  throw modelError(
    functionName,
    `${listFaults(faults)} at ${place}. Check that config.json and the weights belong together.`,
  );
}
