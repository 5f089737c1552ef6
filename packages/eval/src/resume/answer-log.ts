/**
 * Answers of a model as they come, one line for each document, so that an evaluation that was killed goes on and several ranks share one.
 *
 * Every rank appends to a file of its own and reads those of all, so a directory may be finished with another number of ranks than it was begun with.
 * A line that a kill cut short, and lines of one chunk without the others, are asked again.
 * Units: none; a log-probability that is not a number is null on disk.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../input-error.ts';
import type { RequestNotice } from '../model/language-model.ts';
import type { TaskDocument, TaskResponse } from '../tasks/task-document.ts';

/** What was answered to one document. */
export interface LoggedAnswer {
  readonly responses: readonly TaskResponse[];
  /** of the chunk that the document was asked in; on its first line alone */
  readonly notices: readonly RequestNotice[];
}

/** An open log: the answers of all ranks so far, and a file for this one's. */
export interface AnswerLog {
  /** by `documentKey` */
  readonly answers: ReadonlyMap<string, LoggedAnswer>;
  /** lines that were cut short, left unread */
  readonly numTorn: number;
  /** Writes all or, when killed, a beginning; on disk when it returns. */
  append(
    task: string,
    entries: readonly { readonly document: TaskDocument; readonly answer: LoggedAnswer }[],
  ): Promise<void>;
  /** Closes this rank's file. */
  close(): Promise<void>;
}

/**
 * @param name of this rank's own file, such as 'rank-00000'
 * @throws Error when the directory cannot be read or written
 */
export async function openAnswerLog(directory: string, name: string): Promise<AnswerLog> {
  await mkdir(directory, { recursive: true });
  const answers = new Map<string, LoggedAnswer>();
  let numTorn = 0;
  const files = (await readdir(directory)).filter((file) => file.endsWith('.jsonl')).sort();
  for (const file of files) {
    for (const line of (await readFile(join(directory, file), 'utf8')).split('\n')) {
      if (line === '') continue;
      const read = parseLine(line);
      if (read === undefined) numTorn++;
      else answers.set(read.key, read.answer);
    }
  }
  const path = join(directory, `${name}.jsonl`);
  const file = await open(path, 'a');
  // A line that was cut short must not swallow the next one.
  if (numTorn > 0) await file.appendFile('\n');
  return {
    answers,
    numTorn,
    async append(task, entries) {
      const lines = entries.map(({ document, answer }) => {
        const key = documentKey(task, document);
        answers.set(key, answer);
        return `${JSON.stringify({ task, id: document.id, doc_hash: key, ...answer })}\n`;
      });
      try {
        await file.appendFile(lines.join(''));
        await file.datasync();
      } catch (error) {
        throw inputError(
          'openAnswerLog',
          `answers must be kept, got ${(error as Error).message} at ${path}. Is the disk full?`,
        );
      }
    },
    close: () => file.close(),
  };
}

/** Changes with whatever the model is asked: row, prompt, examples, stops. */
export function documentKey(task: string, { id, requests }: TaskDocument): string {
  return createHash('sha256')
    .update(JSON.stringify([task, id, requests]))
    .digest('hex');
}

function parseLine(line: string): { key: string; answer: LoggedAnswer } | undefined {
  try {
    const { doc_hash: key, responses, notices } = JSON.parse(line);
    return {
      key,
      answer: {
        notices,
        responses: responses.map((response: TaskResponse | { logProb: null }) =>
          typeof response === 'object' && 'logProb' in response && response.logProb === null
            ? { ...response, logProb: Number.NaN }
            : response,
        ),
      },
    };
  } catch {
    return undefined;
  }
}
