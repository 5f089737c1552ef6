/**
 * A LoRA adapter: for each chosen linear layer two thin matrices whose product, times a scale, is added to the weight.
 *
 * Source: Hu et al. 2021, arXiv:2106.09685; Kalajdzievski 2023, arXiv:2312.03732 (rsLoRA); names, files and matching of PEFT
 * (https://github.com/huggingface/peft, tuners/lora and `check_target_module_exists`).
 * Shapes: A is [rank, in], B is [out, rank].
 */
import { modelError } from '../model-error.ts';
import { ADAPTER_PREFIX, EMBEDDING, HEAD, parameterShapes } from '../qwen2/parameter-shapes.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';

/** The shape of an adapter: how thin its matrices are, how strongly they count, and on which layers. */
export interface LoraConfig {
  readonly rank: number;
  /** The product counts alpha / rank times. */
  readonly alpha: number;
  /**
   * Linear layers, each by its name or by the end of it: `q_proj`, `mlp.down_proj`, `layers.3.self_attn.o_proj`, `lm_head`. As one string:
   * `all-linear` (all but the output layer), or a regular expression for the whole name.
   */
  readonly targetModules: readonly string[] | string;
  /** Rank-stabilized: the product counts alpha / √rank times. @default false */
  readonly useRslora?: boolean;
}

/** How many times the product B·A counts. */
export function loraScale({ rank, alpha, useRslora = false }: LoraConfig): number {
  return alpha / (useRslora ? Math.sqrt(rank) : rank);
}

/** @throws listing every fault */
export function checkLoraConfig(functionName: string, config: Qwen2Config, lora: LoraConfig): void {
  const { rank, alpha, targetModules } = lora;
  const faults: string[] = [];
  if (!Number.isSafeInteger(rank) || rank < 1) faults.push(`rank must be a whole number from 1, got ${rank}`);
  if (!Number.isFinite(alpha)) faults.push(`alpha must be a number, got ${alpha}`);
  const modules = [...linearShapes(config).keys()];
  const targets = typeof targetModules === 'string' ? [targetModules] : targetModules;
  if (targets.length === 0 || new Set(targets).size !== targets.length)
    faults.push(`targetModules must name at least one module and none twice, got [${targets}]`);
  const unknown = targets.filter((target) => !modules.some(matcherOf(lora, target)));
  if (unknown.length > 0) {
    const known = [...new Set(modules.map((name) => name.split('.').at(-1)))].join(', ');
    faults.push(
      `targetModules must each name a linear layer (${known}, or more of its name), got ${unknown.join(', ')}`,
    );
  }
  if (faults.length > 0) throw modelError(functionName, `${faults.join('; ')} at lora. Correct the config.`);
}

function matcherOf({ targetModules }: LoraConfig, target: string): (module: string) => boolean {
  if (typeof targetModules !== 'string') return (module) => module === target || module.endsWith(`.${target}`);
  if (target === 'all-linear') return (module) => module !== OUTPUT;
  try {
    const pattern = new RegExp(`^(?:${target})$`);
    return (module) => pattern.test(module);
  } catch {
    return () => false;
  }
}

const OUTPUT = HEAD.replace(/\.weight$/, '');

/** The linear layers of the model, the output layer among them even where it shares the embedding's weight; [out, in]. */
function linearShapes(config: Qwen2Config): ReadonlyMap<string, readonly [number, number]> {
  const shapes = new Map<string, readonly [number, number]>();
  for (const [name, shape] of parameterShapes(config)) {
    if (shape.length === 2 && name !== EMBEDDING) shapes.set(name.replace(/\.weight$/, ''), shape as [number, number]);
  }
  return shapes.set(OUTPUT, [config.vocabSize, config.hiddenSize]);
}

export interface AdaptedWeight {
  /** The model's own parameter; a tied model has none called `lm_head.weight`. */
  readonly weightName: string;
  /** PEFT's names of the two matrices. */
  readonly a: string;
  readonly b: string;
  readonly aShape: readonly [number, number];
  readonly bShape: readonly [number, number];
}

/** The weights that are adapted, with the names and shapes of their adapters' parts. */
export function adaptedWeights(config: Qwen2Config, lora: LoraConfig): AdaptedWeight[] {
  const targets = typeof lora.targetModules === 'string' ? [lora.targetModules] : lora.targetModules;
  const matchers = targets.map((target) => matcherOf(lora, target));
  return [...linearShapes(config)]
    .filter(([module]) => matchers.some((matches) => matches(module)))
    .map(([module, [out, into]]) => ({
      weightName: `${module}.weight`,
      a: `${ADAPTER_PREFIX}${module}.lora_A.weight`,
      b: `${ADAPTER_PREFIX}${module}.lora_B.weight`,
      aShape: [lora.rank, into],
      bShape: [out, lora.rank],
    }));
}

/** @throws listing parts that are missing, of the wrong shape or of no adapted weight */
export function checkAdapter(
  functionName: string,
  adapter: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  config: Qwen2Config,
  lora: LoraConfig,
): void {
  checkLoraConfig(functionName, config, lora);
  const wanted = new Map<string, readonly number[]>();
  for (const { a, b, aShape, bShape } of adaptedWeights(config, lora)) wanted.set(a, aShape).set(b, bShape);
  const faults: string[] = [];
  for (const [name, shape] of wanted) {
    const found = adapter.get(name)?.shape;
    if (!found) faults.push(`missing ${name} [${shape}]`);
    else if (String(found) !== String(shape)) faults.push(`${name} must be [${shape}], got [${found}]`);
  }
  for (const name of adapter.keys()) if (!wanted.has(name)) faults.push(`unexpected ${name}`);
  if (faults.length === 0) return;
  const more = faults.length > 4 ? `; and ${faults.length - 4} more` : '';
  throw modelError(
    functionName,
    `${faults.slice(0, 4).join('; ')}${more} at adapter. Use the adapter with the config it was made for.`,
  );
}
