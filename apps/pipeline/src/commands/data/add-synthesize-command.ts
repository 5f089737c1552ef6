/**
 * `marco data synthesize`: prompts answered by a model behind an OpenAI-compatible server, as documents.
 */
import type { Command } from 'commander';
import { createTerminal } from '../../console/terminal.ts';
import { type CommandContext, EXIT_CODE_HELP } from '../command-context.ts';
import { numberFromZero, wholeNumber } from '../model/model-options.ts';

export interface SynthesizeCommandOptions {
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string;
  readonly output: string;
  readonly maxNewTokens: number;
  readonly maxTokens?: number;
  readonly temperature: number;
  readonly concurrency: number;
  readonly minWords: number;
  readonly json?: boolean;
}

/** @param commands `marco data` */
export function addSynthesizeCommand(commands: Command, { output }: CommandContext): void {
  commands
    .command('synthesize')
    .description(
      'have a model behind an OpenAI-compatible server answer prompts; what was answered is never asked again',
    )
    .argument('<prompts>', '.jsonl file with "prompt" and "language", also "id" and "system"')
    .requiredOption('--url <address>', 'of the server, such as http://127.0.0.1:8000/v1')
    .requiredOption('--model <id>', "by the server's name")
    .requiredOption('-o, --output <dir>', 'documents by language, the cache of answers, counts and reasons')
    .option('--api-key <key>', 'sent as bearer token, never shown')
    .option('--max-new-tokens <count>', 'of one answer', wholeNumber, 1024)
    .option('--max-tokens <count>', 'budget for prompts and answers of this run', wholeNumber)
    .option('--temperature <number>', '0 takes the most likely words', numberFromZero, 1)
    .option('--concurrency <count>', 'requests at a time', wholeNumber, 8)
    .option('--min-words <count>', 'shorter answers are dropped', wholeNumber, 20)
    .option('--json', 'write the counts as JSON')
    .addHelpText(
      'after',
      `
Examples:
  marco data synthesize prompts.jsonl --url http://127.0.0.1:8000/v1 --model mine -o synthetic --max-tokens 1000000
  marco serve ./Qwen2-7B-Instruct        a model of your own answers at that address
${EXIT_CODE_HELP}`,
    )
    .action(async (prompts: string, options: SynthesizeCommandOptions) => {
      const { synthesize } = await import('./synthesize.ts');
      const { counts, table, files } = await synthesize(prompts, options, createTerminal(output.stderr));
      if (options.json) output.stdout.write(`${JSON.stringify({ ...counts, files }, null, 2)}\n`);
      else output.stdout.write(`${table}\n${files.join('\n')}\n`);
    });
}
