/** Reads the rows that `marco align` is given, in any format that the aligner knows. */
import {
  type AnswerPrompt,
  type PreferencePair,
  type ReadReport,
  readConversations,
  readPreferencePairs,
  readUnpairedAnswers,
  type UnpairedAnswer,
} from '@marco-ts/aligner';
import type { DatasetSource } from '../../config/schema/dataset-source-schema.ts';
import { asBadInput, openDatasetSource } from '../../stage-files/dataset-sources.ts';

/** Prompts with the answers that the set has, as references. */
export function readPrompts(
  source: DatasetSource,
): Promise<{ readonly prompts: AnswerPrompt[]; readonly report: ReadReport }> {
  return asBadInput(async () => {
    const { conversations, report } = readConversations(await openDatasetSource(source));
    const prompts = conversations.map(({ messages, language }) => ({
      prompt: messages.slice(0, -1),
      language,
      reference: messages.at(-1)!.content,
    }));
    return { prompts, report };
  });
}

export function readGivenPairs(
  source: DatasetSource,
): Promise<{ readonly pairs: PreferencePair[]; readonly report: ReadReport }> {
  return asBadInput(async () => readPreferencePairs(await openDatasetSource(source)));
}

export function readGivenAnswers(
  source: DatasetSource,
): Promise<{ readonly answers: UnpairedAnswer[]; readonly report: ReadReport }> {
  return asBadInput(async () => readUnpairedAnswers(await openDatasetSource(source)));
}
