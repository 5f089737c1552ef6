/** Refuses what an engine has no field for: a run that goes on as another than was asked for helps nobody. */
import type { Recipe } from '../config/recipe-schema.ts';
import { BadInputError } from '../errors.ts';

/** @throws BadInputError for Muon and for adapters */
export function requireCommonFields(engine: string, { optimizer, lora }: Recipe['pretrain']): void {
  const refuse = (rule: string, got: string): never => {
    throw new BadInputError(
      `[@marco-ts/pipeline] exportRun: ${rule} for ${engine}, got ${got}. Use --to llama-factory, or a run without it.`,
    );
  };
  if (optimizer === 'muon') refuse('pretrain.optimizer must be adamw', 'muon');
  if (lora !== undefined) refuse('pretrain.lora must be absent', JSON.stringify(lora));
}
