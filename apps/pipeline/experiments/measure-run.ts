/**
 * The numbers of one finished run that claims are about, by the stage after which they were measured.
 *
 * Language consistency is the share of translations that an identifier, trained on the run's own training text, finds in the language asked for;
 * an empty translation is in none.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LanguageIdentifier, trainLanguageIdentifier } from '@marco-ts/data';
import type { EvalResults } from '@marco-ts/eval';
import { listStageEntries } from '../src/runner/stage-directories.ts';
import { readDocuments } from '../src/stage-files/data-files.ts';
import { EVALUATION_FILE } from '../src/stages/evaluation-stage.ts';
import { NEWS_TIERS } from './write-news-corpus.ts';

/** By stage: `bitsPerByte/<tier>`, `chrf`, `languageConsistency`, ... */
export type RunMeasures = Readonly<Record<string, Readonly<Record<string, number>>>>;

const EVALUATION = /^evaluate-(.+)$/;

/** @param directory of a finished run */
export async function measureRun(directory: string): Promise<RunMeasures> {
  const entries = (await listStageEntries(directory)).filter(({ suffix }) => suffix === '');
  const dataEntry = entries.find(({ name }) => name === 'data')!.entry;
  const identifier = trainLanguageIdentifier(await readDocuments(join(directory, dataEntry), 'train'));
  const measures: Record<string, Record<string, number>> = {};
  for (const { entry, name } of entries) {
    const [, after] = EVALUATION.exec(name) ?? [];
    if (after === undefined) continue;
    const results = JSON.parse(await readFile(join(directory, entry, EVALUATION_FILE), 'utf8')) as EvalResults;
    measures[after] = measuresOf(results, identifier);
  }
  return measures;
}

function measuresOf({ tasks }: EvalResults, identifier: LanguageIdentifier): Record<string, number> {
  const measures: Record<string, number> = {};
  const scoreOf = (group: EvalResults['tasks'][string]['overall'], metric: string): number =>
    (group.macro?.[metric] ?? group.metrics[metric])!.value;
  for (const [tier, group] of Object.entries(tasks.bits_per_byte!.groups.tier!)) {
    measures[`bitsPerByte/${tier}`] = scoreOf(group, 'bits_per_byte');
  }
  const ofLanguages = (languages: readonly string[]): number => {
    const values = languages.flatMap((language) => tasks.bits_per_byte!.groups.language?.[language] ?? []);
    return values.reduce((sum, group) => sum + scoreOf(group, 'bits_per_byte'), 0) / values.length;
  };
  measures['bitsPerByte/smallest'] = ofLanguages(NEWS_TIERS.low.slice(-3));
  measures['bitsPerByte/largest'] = ofLanguages(NEWS_TIERS.low.slice(0, 3));
  const { translation, preference } = tasks;
  if (translation !== undefined) {
    measures.chrf = scoreOf(translation.overall, 'chrf');
    const inLanguage = translation.samples.map(({ groups, record }) => {
      const wanted = groups.direction!.split('-')[1]!;
      return identifier.identify(String(record.hypothesis)).language === wanted ? 1 : 0;
    });
    measures.languageConsistency = inLanguage.reduce<number>((sum, hit) => sum + hit, 0) / inLanguage.length;
  }
  if (preference !== undefined) measures.preferenceAccuracy = scoreOf(preference.overall, 'logprob_acc_norm');
  return measures;
}
