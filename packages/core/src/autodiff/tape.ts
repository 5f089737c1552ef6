/**
 * The one file that reaches into the tfjs engine: it records a forward pass and walks it backward, freeing as it goes.
 *
 * Source: reverse-mode differentiation as in tfjs-core `engine.ts` and `tape.ts`.
 * Differs: `engine.gradients` keeps every saved activation and every intermediate gradient until the whole backward pass is over.
 * Here each is freed as soon as its last reader has run, so that the peak is the saved activations plus a few gradients; and what an
 * operation saved only for its shape is freed at once. It may be used inside the gradient of an outer pass (recomputation),
 * because the outer tape is put back afterwards.
 */
import { coreError } from '../core-error.ts';
import { tf } from '../tf.ts';

interface TapeNode {
  readonly id: number;
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  readonly saved?: readonly tf.Tensor[];
  readonly gradient?: (dys: (tf.Tensor | null)[]) => Record<string, () => tf.Tensor>;
}

/** The parts of tfjs's engine used here; they are public fields in 4.22.0, its last release, and absent from its typings. */
interface EngineInternals {
  readonly state: { activeTape: TapeNode[] | null; gradientDepth: number };
  /** Ids grow: what is made after this call has a larger one. */
  nextTensorId(): number;
  startTape(): void;
  endTape(): void;
}

/** Operations whose gradient reads nothing but the shapes of what they save, and a disposed tensor still has its shape. */
const SAVES_FOR_SHAPE_ONLY: ReadonlySet<string> = new Set([
  'Add',
  'Concat',
  'ExpandDims',
  'Mean',
  'PadV2',
  'Reshape',
  'Slice',
  'Sub',
  'Sum',
]);

/** Ids of the tensors that the walk under way differentiates through; undefined outside of a walk of ours. */
let wantedIds: ReadonlySet<number> | undefined;

/** Whether the gradient for this tensor will be read: false for frozen weights, whose products then need not be computed. */
export function needsGradient(tensor: tf.Tensor): boolean {
  return wantedIds === undefined || wantedIds.has(tensor.id);
}

/** Whether what runs now is recorded, so that a gradient may be asked for. */
export function isRecording(): boolean {
  return internals().state.gradientDepth > 0;
}

export interface Backpropagation<Result> {
  /** What `forward` returned; its tensors belong to the surrounding scope. */
  readonly result: Result;
  /** One per input, in order; zeros where the output does not depend on the input. They belong to the surrounding scope. */
  readonly grads: tf.Tensor[];
}

/**
 * Runs `forward` on the tape, then takes the gradient of its output.
 *
 * @param forward synchronous; returns the tensor to differentiate and anything to hand back
 * @param xs tensors to differentiate by; not disposed
 * @param dy gradient of the output; ones when left out; not disposed
 */
export function backpropagate<Result extends { readonly output: tf.Tensor }>(
  forward: () => Result,
  xs: readonly tf.Tensor[],
  dy?: tf.Tensor,
): Backpropagation<Result> {
  const engine = internals();
  if (engine.state.gradientDepth > 0) {
    throw coreError(
      'backpropagate',
      'gradients of gradients are not supported: call it outside of the recorded function.',
    );
  }
  const outerTape = engine.state.activeTape;
  const outerWantedIds = wantedIds;
  let tape: TapeNode[] = [];
  try {
    engine.startTape();
    engine.state.activeTape = createTape();
    let result: Result;
    try {
      result = tf.tidy(forward as unknown as () => tf.TensorContainer) as unknown as Result;
    } finally {
      tape = engine.state.activeTape ?? [];
      engine.endTape();
    }
    return { result, grads: walkBackward(tape, xs, result.output, dy) };
  } finally {
    for (const node of tape) freeSaved(node);
    engine.state.activeTape = outerTape;
    wantedIds = outerWantedIds;
  }
}

function walkBackward(tape: readonly TapeNode[], xs: readonly tf.Tensor[], y: tf.Tensor, dy?: tf.Tensor): tf.Tensor[] {
  const { nodes, dependent } = nodesBetween(tape, xs, y);
  // Nodes off the path from inputs to output have nothing to say: what they saved goes first.
  const onPath = new Set(nodes);
  for (const node of tape) if (!onPath.has(node)) freeSaved(node);

  const wanted = new Set(xs.map((x) => x.id));
  const gradients = new Map<number, tf.Tensor>();
  wantedIds = dependent;
  return tf.tidy(() => {
    gradients.set(y.id, dy === undefined ? tf.onesLike(y) : tf.clone(dy));
    for (let index = nodes.length - 1; index >= 0; index--) {
      const node = nodes[index]!;
      const dys = node.outputs.map((output) => gradients.get(output.id) ?? null);
      if (dys.every((gradient) => gradient === null)) continue;
      if (node.gradient === undefined) {
        throw coreError(
          'backpropagate',
          `tfjs has no gradient for ${node.kernelName}; compute it outside of the loss.`,
        );
      }
      for (const [id, gradient] of inputGradients(node, dys, dependent)) {
        const sum = gradients.get(id);
        if (sum === undefined) {
          gradients.set(id, gradient);
        } else {
          gradients.set(id, tf.add(sum, gradient));
          sum.dispose();
          gradient.dispose();
        }
      }
      for (const output of node.outputs) {
        if (wanted.has(output.id)) continue;
        gradients.get(output.id)?.dispose();
        gradients.delete(output.id);
      }
      freeSaved(node);
    }
    const given = new Set<tf.Tensor>();
    return xs.map((x) => {
      const gradient = gradients.get(x.id);
      if (gradient === undefined) return tf.zeros(x.shape);
      const isFirst = !given.has(gradient);
      given.add(gradient);
      return isFirst ? gradient : tf.clone(gradient);
    });
  });
}

/** The gradients that one node sends to those of its inputs that depend on the differentiated tensors; every one a new tensor. */
function inputGradients(
  node: TapeNode,
  dys: (tf.Tensor | null)[],
  dependent: ReadonlySet<number>,
): [number, tf.Tensor][] {
  const results: [number, tf.Tensor][] = [];
  const given = new Set<number>();
  const firstNewId = internals().nextTensorId();
  const gradients = tf.tidy(() => {
    const thunks = node.gradient!(dys);
    return Object.entries(node.inputs).flatMap(([inputName, input]) => {
      if (!dependent.has(input.id)) return [];
      const thunk = thunks[inputName];
      if (thunk === undefined) {
        throw coreError('backpropagate', `${node.kernelName} has no gradient for its input ${inputName}.`);
      }
      const gradient = tf.tidy(thunk);
      if (gradient.dtype !== 'float32' || !tf.util.arraysEqual(gradient.shape, input.shape)) {
        throw coreError(
          'backpropagate',
          `the gradient of ${node.kernelName} for ${inputName} must be float32 [${input.shape}], got ${gradient.dtype} [${gradient.shape}].`,
        );
      }
      results.push([input.id, gradient]);
      // A gradient function may return its argument, a captured tensor or one tensor twice; a clone shares the bytes.
      const isOwn = gradient.id >= firstNewId && !given.has(gradient.id);
      given.add(gradient.id);
      return [isOwn ? gradient : tf.clone(gradient)];
    });
  });
  return results.map(([id], index) => [id, gradients[index]!]);
}

/** Nodes that lie between `xs` and `y`, in order, and the ids of all tensors that depend on `xs`. */
function nodesBetween(tape: readonly TapeNode[], xs: readonly tf.Tensor[], y: tf.Tensor) {
  const dependent = new Set(xs.map((x) => x.id));
  const fromXs = tape.filter((node) => {
    const depends = Object.values(node.inputs).some((input) => dependent.has(input.id));
    if (depends) for (const output of node.outputs) dependent.add(output.id);
    return depends;
  });
  const leadsToY = new Set([y.id]);
  const nodes: TapeNode[] = [];
  for (let index = fromXs.length - 1; index >= 0; index--) {
    const node = fromXs[index]!;
    if (!node.outputs.some((output) => leadsToY.has(output.id))) continue;
    for (const input of Object.values(node.inputs)) leadsToY.add(input.id);
    nodes.push(node);
  }
  return { nodes: nodes.reverse(), dependent };
}

/** The engine appends to its tape with `push`. */
function createTape(): TapeNode[] {
  const tape: TapeNode[] = [];
  tape.push = (node: TapeNode) => {
    if (SAVES_FOR_SHAPE_ONLY.has(node.kernelName)) freeSaved(node);
    tape[tape.length] = node;
    return tape.length;
  };
  return tape;
}

function freeSaved(node: TapeNode): void {
  for (const tensor of node.saved ?? []) if (!tensor.isDisposed) tensor.dispose();
}

function internals(): EngineInternals {
  return tf.engine() as unknown as EngineInternals;
}
