/**
 * A LoRA adapter: for each chosen linear layer two thin matrices whose product, times alpha / rank, is added to the weight.
 *
 * Source: Hu et al. 2021, arXiv:2106.09685; names and files of PEFT (https://github.com/huggingface/peft, tuners/lora).
 * Shapes: A is [rank, in], B is [out, rank].
 */
import type { ParamMap } from '@marco-ts/core';
import { modelError } from '../model-error.ts';
import { ADAPTER_PREFIX, parameterShapes } from '../qwen2/parameter-shapes.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';

/** The linear layers of a decoder layer, as `target_modules` of PEFT names them. */
export const LORA_TARGETS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;

export type LoraTarget = (typeof LORA_TARGETS)[number];

export interface LoraConfig {
  readonly rank: number;
  /** The product counts alpha / rank times. */
  readonly alpha: number;
  readonly targetModules: readonly LoraTarget[];
}

/** @throws listing every fault */
export function checkLoraConfig(functionName: string, { rank, alpha, targetModules }: LoraConfig): void {
  const faults: string[] = [];
  if (!Number.isSafeInteger(rank) || rank < 1) faults.push(`rank must be a whole number from 1, got ${rank}`);
  if (!Number.isFinite(alpha)) faults.push(`alpha must be a number, got ${alpha}`);
  const unknown = targetModules.filter((name) => !LORA_TARGETS.includes(name));
  if (unknown.length > 0) faults.push(`targetModules must be of ${LORA_TARGETS.join(', ')}, got ${unknown.join(', ')}`);
  if (new Set(targetModules).size !== targetModules.length || targetModules.length === 0) {
    faults.push(`targetModules must name at least one module and none twice, got [${targetModules}]`);
  }
  if (faults.length > 0) throw modelError(functionName, `${faults.join('; ')} at lora. Correct the config.`);
}

/** PEFT's names of the two matrices that adapt `model.layers.<i>.<...>.<module>.weight`. */
export function adapterNames(weightName: string): { readonly a: string; readonly b: string } {
  const module = ADAPTER_PREFIX + weightName.replace(/\.weight$/, '');
  return { a: `${module}.lora_A.weight`, b: `${module}.lora_B.weight` };
}

/** The model's weights that are adapted, with the names and shapes of their adapters' parts. */
export function adaptedWeights(config: Qwen2Config, lora: LoraConfig) {
  const adapted: { weightName: string; a: string; b: string; aShape: number[]; bShape: number[] }[] = [];
  for (const [weightName, shape] of parameterShapes(config)) {
    const module = weightName.split('.').at(-2) as LoraTarget;
    if (!weightName.endsWith('.weight') || !lora.targetModules.includes(module)) continue;
    const [out, into] = shape as [number, number];
    adapted.push({ weightName, ...adapterNames(weightName), aShape: [lora.rank, into], bShape: [out, lora.rank] });
  }
  return adapted;
}

/** @throws listing parts that are missing, of the wrong shape or of no adapted weight */
export function checkAdapter(functionName: string, adapter: ParamMap, config: Qwen2Config, lora: LoraConfig): void {
  checkLoraConfig(functionName, lora);
  const wanted = new Map(
    adaptedWeights(config, lora).flatMap(
      ({ a, b, aShape, bShape }) =>
        [
          [a, aShape],
          [b, bShape],
        ] as const,
    ),
  );
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
