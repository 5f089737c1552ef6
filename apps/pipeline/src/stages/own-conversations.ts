/**
 * Your own instruction sets, cleaned as the recipe says; what was read, kept and left out is written beside the model.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Conversation,
  difficultyStep,
  diversityStep,
  exactDuplicateStep,
  languageConsistencyStep,
  lengthStep,
  nearDuplicateStep,
  type QualityStep,
  readConversations,
  selectConversations,
} from '@marco-ts/aligner';
import { type Document, trainLanguageIdentifier } from '@marco-ts/data';
import type { Tokenizer } from '@marco-ts/tokenizer';
import type { Recipe } from '../config/recipe-schema.ts';
import { asBadInput, openDatasetSource } from '../stage-files/dataset-sources.ts';
import type { StageModel } from '../stage-files/model-files.ts';

type SftSettings = NonNullable<Recipe['sft']>;

export interface OwnConversationsOptions {
  readonly settings: SftSettings;
  /** Training text by language, from which a language is recognised. */
  readonly documents: readonly Document[];
  readonly model: StageModel;
  readonly tokenizer: Tokenizer;
  readonly directory: string;
  readonly log: (message: string) => void;
  readonly signal: AbortSignal;
}

/** @throws BadInputError naming row and field for what cannot be read */
export async function ownConversations(options: OwnConversationsOptions): Promise<Conversation[]> {
  const { settings, directory, log } = options;
  const read: Conversation[] = [];
  const problems: unknown[] = [];
  for (const source of settings.datasets ?? []) {
    const { conversations, report } = await asBadInput(async () => readConversations(await openDatasetSource(source)));
    read.push(...conversations);
    problems.push(...report.problems);
    for (const [rule, number] of Object.entries(report.dropped)) log(`${source.path}: ${number} left out: ${rule}`);
  }
  if (problems.length > 0) await writeFile(join(directory, 'bad-rows.json'), JSON.stringify(problems, null, 2));
  const steps = qualitySteps(options);
  if (read.length === 0 || steps.length === 0) return read;
  const { conversations, funnel } = await selectConversations(read, steps);
  await writeFile(join(directory, 'quality-funnel.json'), JSON.stringify(funnel, null, 2));
  log(`${funnel.kept} of ${funnel.read} own conversations kept: ${JSON.stringify(funnel.droppedByReason)}`);
  return conversations;
}

function qualitySteps({ settings, documents, model, tokenizer, signal }: OwnConversationsOptions): QualityStep[] {
  const { quality, sequenceLength, microBatchSize } = settings;
  if (quality === undefined) return [];
  const { minAnswerCharacters, maxAnswerCharacters, maxDifficulty, keepHardestShare, keepPerLanguage } = quality;
  const byModel = { ...model, tokenizer, sequenceLength, microBatchSize, signal };
  const steps: QualityStep[] = [];
  if (quality.languageConsistency) {
    const identifier = trainLanguageIdentifier(documents);
    steps.push(languageConsistencyStep({ identify: (text) => identifier.identify(text).language }));
  }
  if (minAnswerCharacters !== undefined || maxAnswerCharacters !== undefined) {
    steps.push(
      lengthStep({
        ...(minAnswerCharacters !== undefined && { minAnswer: minAnswerCharacters }),
        ...(maxAnswerCharacters !== undefined && { maxAnswer: maxAnswerCharacters }),
      }),
    );
  }
  if (quality.dropDuplicates) steps.push(exactDuplicateStep(), nearDuplicateStep());
  if (maxDifficulty !== undefined || keepHardestShare !== undefined) {
    steps.push(
      difficultyStep({
        ...byModel,
        ...(maxDifficulty !== undefined && { maxDifficulty }),
        ...(keepHardestShare !== undefined && { keepShare: keepHardestShare }),
      }),
    );
  }
  if (keepPerLanguage !== undefined) steps.push(diversityStep({ ...byModel, keepPerLanguage }));
  return steps;
}
