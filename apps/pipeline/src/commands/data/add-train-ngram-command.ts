/**
 * `marco data train-ngram`: an n-gram language model for the perplexity step of data plans.
 */
import type { Command } from 'commander';
import { type CommandContext, EXIT_CODE_HELP } from '../command-context.ts';
import { wholeNumber } from '../model/model-options.ts';

export interface TrainNGramCommandOptions {
  readonly language: string;
  readonly output: string;
  readonly order: number;
  readonly maxMegabytes: number;
  readonly textKey?: string;
  readonly languageKey?: string;
  readonly json?: boolean;
}

/** @param commands `marco data` */
export function addTrainNGramCommand(commands: Command, { output }: CommandContext): void {
  commands
    .command('train-ngram')
    .description('train an n-gram language model (Kneser-Ney) for the perplexity step of plans')
    .argument('<inputs...>', 'files, folders, patterns or addresses of clean text, in any format that plans read')
    .requiredOption('--language <code>', 'such as swh_Latn; documents that say another one are passed over')
    .requiredOption('-o, --output <file>', 'ARPA when it ends in .arpa, else the compact binary format')
    .option('--order <n>', 'longest n-gram, 2 to 8', wholeNumber, 5)
    .option('--max-megabytes <n>', 'text that is read, at most: all of its n-grams are in memory', wholeNumber, 100)
    .option('--text-key <name>', 'field that holds the text (default: text)')
    .option(
      '--language-key <name>',
      "field that holds the language (default: language; '-': all text is in --language)",
    )
    .option('--json', 'write counts and percentiles as JSON')
    .addHelpText(
      'after',
      `
Every tenth document is held out; its perplexities are printed as percentiles, to choose the limits of the plan by.

Examples:
  marco data train-ngram wiki/sw/ --language swh_Latn -o models/swh_Latn.ngram
  marco data train-ngram clean.jsonl.gz --language deu_Latn --order 3 -o models/deu_Latn.arpa
then, in a plan:
  - { step: perplexity, models: { swh_Latn: models/swh_Latn.ngram }, limits: { swh_Latn: { max: 900 } } }
${EXIT_CODE_HELP}`,
    )
    .action(async (inputs: string[], options: TrainNGramCommandOptions) => {
      const { trainNGram } = await import('./train-ngram.ts');
      const { table, ...trained } = await trainNGram(inputs, options);
      output.stdout.write(options.json ? `${JSON.stringify(trained, null, 2)}\n` : table);
    });
}
