/**
 * Answers on disk by what was asked: what has been paid for is never asked again, and a killed run goes on with all of it.
 *
 * One JSON line per answer, only ever appended; a line that a kill cut short is dropped at the next opening.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { GeneratedText, TextRequest } from './text-generator.ts';

/** An open cache: what was answered before, and a file for what is answered now. */
export interface RequestCache {
  /** The answer to a request; undefined when there is none. */
  get(key: string): GeneratedText | undefined;
  /** Resolves when the answer is on disk. */
  set(key: string, answer: GeneratedText): Promise<void>;
  readonly size: number;
  /** Closes the file once all answers are on disk. */
  close(): Promise<void>;
}

const lineSchema = z.object({
  key: z.string(),
  text: z.string(),
  finishReason: z.enum(['stop', 'length']),
  numPromptTokens: z.number(),
  numNewTokens: z.number(),
});

/**
 * The key of a request: a hash of the generator's name and of all that is asked.
 *
 * @param generator its name: another model is asked anew
 */
export function requestKey(generator: string, request: TextRequest): string {
  const { messages, maxNewTokens, temperature, topP, seed } = request;
  const parts = [
    generator,
    messages.map(({ role, content }) => [role, content]),
    maxNewTokens,
    temperature,
    topP,
    seed,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** @throws Error naming file and line for a damaged line that is not the last */
export async function openRequestCache(path: string): Promise<RequestCache> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+');
  try {
    const answers = await readAnswers(file, path);
    let last: Promise<unknown> = Promise.resolve();
    return {
      get: (key) => answers.get(key),
      set(key, answer) {
        answers.set(key, answer);
        const written = last.then(() => file.appendFile(`${JSON.stringify({ key, ...answer })}\n`));
        last = written.catch(() => undefined);
        return written;
      },
      get size() {
        return answers.size;
      },
      async close() {
        await last;
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readAnswers(file: FileHandle, path: string): Promise<Map<string, GeneratedText>> {
  const answers = new Map<string, GeneratedText>();
  const text = await file.readFile('utf8');
  const end = text.lastIndexOf('\n') + 1;
  for (const [index, line] of text.slice(0, end).split('\n').entries()) {
    if (line === '') continue;
    const { success, data: entry } = lineSchema.safeParse(parseLine(line));
    if (!success) {
      throw new Error(
        `[@marco-ts/data] openRequestCache: a line must be an answer, got '${line.slice(0, 80)}' at ${path}:${index + 1}. Remove the line; its request is asked again.`,
      );
    }
    const { key, ...answer } = entry;
    answers.set(key, answer);
  }
  if (end < text.length) await file.truncate(Buffer.byteLength(text.slice(0, end)));
  return answers;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
