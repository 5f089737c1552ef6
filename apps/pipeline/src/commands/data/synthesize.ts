/** Reads prompts, asks, filters, writes; a stop keeps every answer in the cache, and the same command goes on from there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@marco-ts/checkpoint';
import {
  answerFilter,
  createDocumentWriter,
  createFunnel,
  GenerationError,
  openAiTextGenerator,
  openRequestCache,
  type SynthesisCounts,
  type SynthesisPrompt,
  synthesizeDocuments,
} from '@marco-ts/data';
import { z } from 'zod';
import { languageSchema } from '../../config/schema/fields.ts';
import { createProgressBar } from '../../console/progress-bar.ts';
import type { Terminal } from '../../console/terminal.ts';
import { BadInputError } from '../../errors.ts';
import { listenForStopSignals } from '../recipe/stop-signals.ts';
import type { SynthesizeCommandOptions } from './add-synthesize-command.ts';

const rowSchema = z.object({
  id: z.string().min(1).optional(),
  language: languageSchema,
  prompt: z.string().min(1),
  system: z.string().min(1).optional(),
});

export async function synthesize(
  promptsFile: string,
  options: SynthesizeCommandOptions,
  terminal: Terminal,
): Promise<{ counts: SynthesisCounts | undefined; table: string; files: readonly string[] }> {
  const prompts = await readPrompts(promptsFile);
  const { url: baseUrl, model, apiKey, output } = options;
  if (!URL.canParse(baseUrl)) {
    throw new BadInputError(`[@marco-ts/pipeline] synthesize: --url must be an address, got ${baseUrl}.`);
  }
  const generator = openAiTextGenerator({ baseUrl, model, ...(apiKey !== undefined && { apiKey }) });
  const cache = await openRequestCache(join(output, 'answers.jsonl'));
  const writer = createDocumentWriter({
    directory: join(output, 'documents'),
    template: '${language}/${rank}.jsonl.gz',
    rank: 0,
  });
  const funnel = createFunnel();
  const bar = createProgressBar(terminal);
  const stop = listenForStopSignals(() => bar.print('stopping; every answer so far is kept'));
  let counts: SynthesisCounts | undefined;
  bar.open('synthesize');
  bar.start({ total: prompts.length, unit: 'prompts' });
  try {
    const documents = synthesizeDocuments({
      prompts,
      generator,
      cache,
      maxNewTokens: options.maxNewTokens,
      temperature: options.temperature,
      concurrency: options.concurrency,
      ...(options.maxTokens !== undefined && { maxTokens: options.maxTokens }),
      filters: [answerFilter({ minWords: options.minWords })],
      funnel,
      signal: stop.signal,
      onFailure: ({ id }, error) => bar.print(`${id}: ${error.message}`),
      onProgress: (now) => {
        counts = now;
        bar.set(now.numPrompts);
      },
    });
    for await (const document of documents) await writer.write(document);
    const written = await writer.close();
    await writeFileAtomic(join(output, 'funnel.json'), `${JSON.stringify({ ...funnel.toJson(), counts }, null, 2)}\n`);
    if (counts?.isBudgetSpent) bar.print('the budget is spent; run it again with a larger --max-tokens to go on');
    return { counts, table: funnel.toTable(), files: written.map(({ path }) => join(output, 'documents', path)) };
  } catch (error) {
    await writer.abandon();
    if (error instanceof GenerationError && error.isHopeless) throw new BadInputError(error.message, { cause: error });
    throw error;
  } finally {
    bar.close();
    stop.close();
    await cache.close();
  }
}

async function readPrompts(file: string): Promise<SynthesisPrompt[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BadInputError(
      `[@marco-ts/pipeline] synthesize: the file of prompts must be readable, got ${error.code} at ${file}.`,
    );
  });
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const { success, data: row, error } = rowSchema.safeParse(parseJson(line));
    if (!success) {
      const [issue] = error.issues;
      throw new BadInputError(
        `[@marco-ts/pipeline] synthesize: a prompt must be JSON with "prompt" and "language", got ${issue!.path.join('.') || 'the line'}: ${issue!.message} at ${file}:${index + 1}.`,
      );
    }
    const { id = `prompt-${index + 1}`, language, prompt, system } = row;
    return [{ id, language, prompt, ...(system !== undefined && { system }) }];
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
