/**
 * Texts of a model and of a judge as they come, one line each, so that a comparison that was killed goes on and several ranks share one.
 *
 * Every rank appends to a file of its own and reads those of all. A line that a kill cut short is asked for again; so is what failed.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../input-error.ts';
import type { GenerationRequest, LanguageModel, RequestNotice } from '../model/language-model.ts';
import type { ChatModel } from '../tasks/judge/chat-endpoint.ts';

/** What was written, and what of the request did not fit. */
export interface LoggedText {
  readonly text: string;
  readonly notices?: readonly RequestNotice[] | undefined;
}

/** An open log: the texts of all ranks so far, and a file for this one's. */
export interface TextLog {
  /** by what was asked */
  readonly texts: ReadonlyMap<string, LoggedText>;
  /** On disk when it returns. */
  append(entries: readonly (LoggedText & { readonly key: string })[]): Promise<void>;
  /** Closes this rank's file. */
  close(): Promise<void>;
}

/** Enough for a batch, few enough to lose to a kill. */
const CHUNK_TEXTS = 16;

/**
 * @param name of this rank's own file, such as 'rank-00000'
 * @throws Error when the directory cannot be read or written
 */
export async function openTextLog(directory: string, name: string): Promise<TextLog> {
  await mkdir(directory, { recursive: true });
  const texts = new Map<string, LoggedText>();
  for (const file of (await readdir(directory)).filter((own) => own.endsWith('.jsonl')).sort()) {
    for (const line of (await readFile(join(directory, file), 'utf8')).split('\n')) {
      try {
        const { key, ...logged } = JSON.parse(line) as LoggedText & { key: string };
        texts.set(key, logged);
      } catch {
        // Cut short by a kill, or the end of the file.
      }
    }
  }
  const path = join(directory, `${name}.jsonl`);
  const file = await open(path, 'a');
  return {
    texts,
    async append(entries) {
      for (const { key, ...logged } of entries) texts.set(key, logged);
      try {
        // Begins with a line's end: a line that was cut short must not swallow the next one.
        await file.appendFile(entries.map((entry) => `\n${JSON.stringify(entry)}`).join(''));
        await file.datasync();
      } catch (error) {
        throw inputError(
          'openTextLog',
          `texts must be kept, got ${(error as Error).message} at ${path}. Is the disk full?`,
        );
      }
    },
    close: () => file.close(),
  };
}

/** @returns the model, which writes no text that the log holds again, and logs those it writes; its notices are those of all texts asked for */
export function loggedModel(
  model: LanguageModel,
  log: TextLog,
): LanguageModel & { readonly notices: readonly RequestNotice[] } {
  const keyOf = (request: GenerationRequest): string => hash(['model', model.name ?? '', request]);
  const notices: RequestNotice[] = [];
  return {
    ...model,
    notices,
    async generateUntil(requests, options) {
      const failed = new Map<string, { answer: GeneratedText; notices: readonly RequestNotice[] }>();
      const missing = requests.filter((request) => !log.texts.has(keyOf(request)));
      for (let start = 0; start < missing.length; start += CHUNK_TEXTS) {
        const chunk = missing.slice(start, start + CHUNK_TEXTS);
        const numNotices = model.notices?.length ?? 0;
        const answers = await model.generateUntil(chunk, options);
        const own = Map.groupBy(model.notices?.slice(numNotices) ?? [], ({ index }) => index);
        const written: (LoggedText & { key: string })[] = [];
        for (const [index, answer] of answers.entries()) {
          const key = keyOf(chunk[index]!);
          if (typeof answer === 'string') written.push({ key, text: answer, notices: own.get(index) });
          else failed.set(key, { answer, notices: own.get(index) ?? [] });
        }
        await log.append(written);
      }
      return requests.map((request, index) => {
        const key = keyOf(request);
        const { answer, notices: own = [] } = failed.get(key) ?? {
          ...log.texts.get(key)!,
          answer: log.texts.get(key)!.text,
        };
        notices.push(...own.map((notice) => ({ ...notice, index })));
        return answer;
      });
    },
  };
}

type GeneratedText = Awaited<ReturnType<LanguageModel['generateUntil']>>[number];

/**
 * A judge whose answers the log keeps: what it holds is not asked again.
 *
 * @param name of the judge: another one is asked anew
 */
export function loggedChat(chat: ChatModel, name: string, log: TextLog): ChatModel {
  return async (messages, options) => {
    const key = hash(['chat', name, messages]);
    const known = log.texts.get(key);
    if (known !== undefined) return known.text;
    const text = await chat(messages, options);
    await log.append([{ key, text }]);
    return text;
  };
}

const hash = (asked: unknown): string => createHash('sha256').update(JSON.stringify(asked)).digest('hex');
