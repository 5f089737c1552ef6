/**
 * `marco plan`: what a recipe would do, before anything is written: stages, mixture, tokens per language.
 */
import type { JsonObject } from '@marco-ts/checkpoint';
import type { Recipe } from '../../config/recipe-schema.ts';
import { LANGUAGE_TIERS } from '../../config/schema/data-section.ts';
import { MIXTURE_SOURCES } from '../../config/schema/pretrain-section.ts';
import { formatTable } from '../../console/format-table.ts';
import { formatCount, formatShare } from '../../format/format-quantity.ts';
import type { PlannedStage } from '../../runner/plan-run.ts';
import { losesWork } from '../../runner/require-nothing-lost.ts';
import type { RunRecipe } from '../../runner/stage.ts';

/** One row per stage: what would happen and why. */
export function planTable<R extends RunRecipe>(planned: readonly PlannedStage<R>[]): string {
  return formatTable(
    [{ title: 'stage' }, { title: 'would', align: 'left' }, { title: 'why', align: 'left' }],
    planned.map((entry) => [
      entry.directoryName,
      entry.status === 'up-to-date' ? 'be skipped' : losesWork(entry) ? 'be refused' : entry.status,
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
    ...(losesWork(entry) && { wouldDelete: entry.wouldDelete! }),
    dependsOn: [...entry.stage.dependsOn],
    hash: entry.key,
  }));
}

export interface PlannedSource {
  readonly stage: string;
  readonly source: string;
  /** of the tokens that are trained on: sources without text leave theirs to the others */
  readonly share: number;
  readonly numTokens: number;
  /** how many languages share it equally; undefined for sources that are not a tier */
  readonly numLanguages: number | undefined;
}

/** Tokens per source of each pretraining stage (whether there is text enough for them is known after the data stage). */
export function plannedSources(recipe: Recipe): PlannedSource[] {
  const without = sourcesWithoutText(recipe);
  return recipe.pretrain.stages.flatMap((stage) => {
    const present = MIXTURE_SOURCES.filter((source) => !without.has(source) && (stage.shares[source] ?? 0) > 0);
    const total = present.reduce((sum, source) => sum + stage.shares[source]!, 0);
    return present.map((source) => {
      const share = stage.shares[source]! / total;
      const tier = LANGUAGE_TIERS.find((name) => name === source);
      return {
        stage: stage.name,
        source,
        share,
        numTokens: Math.round(share * stage.numTokens),
        numLanguages: tier && recipe.data.tiers[tier].length,
      };
    });
  });
}

/** Tiers without languages; what is made from translations, where no field says which documents are. */
function sourcesWithoutText({ data }: Recipe): ReadonlySet<string> {
  const { source, tiers } = data;
  const hasTranslations = source.kind !== 'directory' || source.groupField !== undefined;
  return new Set([
    ...LANGUAGE_TIERS.filter((tier) => tiers[tier].length === 0),
    ...(hasTranslations ? [] : ['parallel', 'synthetic']),
  ]);
}

export function mixtureTable(recipe: Recipe): string {
  const table = formatTable(
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
      row.numLanguages === undefined ? '' : formatCount(row.numTokens / row.numLanguages),
    ]),
  );
  const without = [...sourcesWithoutText(recipe)];
  return without.length === 0
    ? table
    : `${table}\n\n${without.join(', ')}: no text of the kind, so the others take ${without.length === 1 ? 'its share' : 'their shares'}`;
}
