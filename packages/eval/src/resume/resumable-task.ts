/**
 * A task whose answers are logged as they come: what the log holds is not asked again, and a rank asks only its share.
 *
 * Method: documents are asked in chunks of a fixed size, whole, and ranks take chunks in turn. A chunk's batches are therefore the same on any
 * number of ranks and after any kill, and so are its numbers, bit for bit.
 */
import { createHash } from 'node:crypto';
import { inputError } from '../input-error.ts';
import type { LanguageModel } from '../model/language-model.ts';
import type { EvalTask, TaskContext, TaskRun } from '../tasks/eval-task.ts';
import { selectItems } from '../tasks/select-items.ts';
import {
  askDocuments,
  failureOf,
  scoreDocuments,
  type TaskDocument,
  type TaskResponse,
} from '../tasks/task-document.ts';
import { type AnswerLog, documentKey } from './answer-log.ts';

/** Which of `worldSize` ranks this one is. */
export interface Share {
  /** from 0 */
  readonly rank: number;
  readonly worldSize: number;
}

/** Enough to share examples among, few enough to lose to a kill. */
const CHUNK_DOCUMENTS = 64;
const ALONE: Share = { rank: 0, worldSize: 1 };

/**
 * @param share of the documents that are asked; all that the log answers are scored, the others are not in the run
 * @throws Error when the task has no documents, or the share is none
 */
export function resumableTask(task: EvalTask, log: AnswerLog, share: Share = ALONE): EvalTask {
  const { name, macroBy, documents, unusable = [], signatures } = task;
  if (!documents) {
    throw inputError(
      'resumableTask',
      `a task must be made of documents to be resumed, got '${name}'. Run it as it is.`,
    );
  }
  const { rank, worldSize } = share;
  if (!(Number.isInteger(rank) && Number.isInteger(worldSize) && rank >= 0 && rank < worldSize)) {
    throw inputError('resumableTask', `rank must be from 0 to worldSize - 1, got ${rank} of ${worldSize}.`);
  }
  return {
    ...task,
    async run(model, context): Promise<TaskRun> {
      const selected = selectItems(name, documents, ({ groups }) => groups[macroBy]!, context.limit);
      const failures = await askMissing(model, task, selected, log, share, context);
      const answered: TaskDocument[] = [];
      const responses: (readonly TaskResponse[])[] = [];
      const notices = [];
      for (const document of selected) {
        const key = documentKey(name, document);
        const answer = failures.get(key) ?? log.answers.get(key);
        if (answer === undefined) continue;
        answered.push(document);
        responses.push(answer.responses);
        notices.push(...answer.notices);
      }
      const { samples, skipped } = scoreDocuments(answered, responses);
      return { samples, skipped: [...unusable, ...skipped], notices, ...(signatures && { signatures }) };
    },
  };
}

/** Asks this rank's chunks that the log does not hold whole. @returns answers of documents that a server failed: not logged, so asked again */
async function askMissing(
  model: LanguageModel,
  { name }: EvalTask,
  documents: readonly TaskDocument[],
  log: AnswerLog,
  { rank, worldSize }: Share,
  { signal, onProgress }: TaskContext,
) {
  const failures = new Map<
    string,
    { responses: readonly TaskResponse[]; notices: NonNullable<LanguageModel['notices']> }
  >();
  // Ranks start at different chunks of each task, or tasks of one chunk would all be the first rank's.
  const offset = createHash('sha256').update(name).digest().readUInt32LE() % worldSize;
  const chunks = Array.from({ length: Math.ceil(documents.length / CHUNK_DOCUMENTS) }, (_, index) => index)
    .filter((index) => (index + offset) % worldSize === rank)
    .map((index) => documents.slice(index * CHUNK_DOCUMENTS, (index + 1) * CHUNK_DOCUMENTS))
    .filter((chunk) => !chunk.every((document) => log.answers.has(documentKey(name, document))));
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  onProgress?.(done, total);
  for (const chunk of chunks) {
    signal?.throwIfAborted();
    const numNotices = model.notices?.length ?? 0;
    const responses = await askDocuments(model, chunk, { signal });
    const notices = model.notices?.slice(numNotices) ?? [];
    const entries = chunk.map((document, index) => ({
      document,
      answer: { responses: responses[index]!, notices: index === 0 ? notices : [] },
    }));
    const hasFailed = ({ answer }: (typeof entries)[number]): boolean =>
      answer.responses.some((response) => failureOf(response) !== undefined);
    for (const entry of entries.filter(hasFailed)) failures.set(documentKey(name, entry.document), entry.answer);
    await log.append(
      name,
      entries.filter((entry) => !hasFailed(entry)),
    );
    done += chunk.length;
    onProgress?.(done, total);
  }
  return failures;
}
