/**
 * `marco plan`: what a recipe would do, before anything is written: stages, mixture, tokens per language.
 */
import type { JsonObject } from '@marco-ts/checkpoint';
import { LANGUAGE_TIERS, MIXTURE_SOURCES, type Recipe } from '../../config/recipe-schema.ts';
import { formatTable } from '../../console/format-table.ts';
import { formatCount, formatShare } from '../../format/format-quantity.ts';
import type { PlannedStage } from '../../runner/plan-run.ts';
import type { RunRecipe } from '../../runner/stage.ts';

/** One row per stage: what would happen and why. */
export function planTable<R extends RunRecipe>(planned: readonly PlannedStage<R>[]): string {
  return formatTable(
    [{ title: 'stage' }, { title: 'would', align: 'left' }, { title: 'why', align: 'left' }],
    planned.map((entry) => [
      entry.directoryName,
      entry.status === 'up-to-date' ? 'be skipped' : entry.status,
      entry.reason || 'up to date',
    ]),
  );
}

export function planAsJson<R extends RunRecipe>(planned: readonly PlannedStage<R>[]): JsonObject[] {
  return planned.map((entry) => ({
    name: entry.stage.name,
    directory: entry.directoryName,
    status: entry.status,
    reason: entry.reason,
    dependsOn: [...entry.stage.dependsOn],
    hash: entry.key,
  }));
}

export interface PlannedSource {
  readonly stage: string;
  readonly source: string;
  readonly share: number;
  readonly numTokens: number;
  /** how many languages share it equally; undefined for sources that are not a tier */
  readonly numLanguages: number | undefined;
}

/** Tokens per source of each pretraining stage, as the recipe asks for them (what the text allows is known after the data stage). */
export function plannedSources(recipe: Recipe): PlannedSource[] {
  return recipe.pretrain.stages.flatMap((stage) =>
    MIXTURE_SOURCES.flatMap((source) => {
      const share = stage.shares[source];
      if (share === undefined || share === 0) return [];
      const tier = LANGUAGE_TIERS.find((name) => name === source);
      return [
        {
          stage: stage.name,
          source,
          share,
          numTokens: Math.round(share * stage.numTokens),
          numLanguages: tier === undefined ? undefined : (recipe.data.tiers[tier]?.length ?? 0),
        },
      ];
    }),
  );
}

export function mixtureTable(recipe: Recipe): string {
  return formatTable(
    [
      { title: 'pretraining' },
      { title: 'source', align: 'left' },
      { title: 'share' },
      { title: 'tokens' },
      { title: 'languages' },
      { title: 'tokens each' },
    ],
    plannedSources(recipe).map((row) => [
      row.stage,
      row.source,
      formatShare(row.share),
      formatCount(row.numTokens),
      row.numLanguages === undefined ? '' : String(row.numLanguages),
      row.numLanguages === undefined || row.numLanguages === 0 ? '' : formatCount(row.numTokens / row.numLanguages),
    ]),
  );
}
