/**
 * `marco tokenizer`: learns vocabularies, extends them for new languages, measures and verifies them.
 */
import type { Command } from 'commander';
import { EXIT_CODES } from '../../errors.ts';
import { type CommandContext, collect } from '../command-context.ts';
import { numberFromZero, wholeNumber } from '../model/model-options.ts';

interface MakeOptions {
  readonly out: string;
  readonly minFrequency: number;
  readonly heldOut?: readonly string[];
  readonly textKey?: string;
  readonly json?: boolean;
}

const FILES = '.txt, .jsonl and .parquet files, folders of them, glob patterns';
const LANGUAGE_HELP = `
The language of a text is the field language or lang of its row, or else the file's name up to the first dot.`;

export function addTokenizerCommands(program: Command, { output, setExitCode }: CommandContext): void {
  const writeJson = (value: unknown): void => void output.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  const commands = program
    .command('tokenizer')
    .description('learn a byte-level BPE, extend one for new languages, measure and verify it');

  const withMakeOptions = (command: Command): Command =>
    command
      .requiredOption('--out <dir>', 'new directory to write')
      .option('--min-frequency <count>', 'least occurrences of a pair that is joined', numberFromZero, 2)
      .option('--held-out <path>', 'measure with this text, not with what was learned from; can be repeated', collect)
      .option('--text-key <field>', 'field of .jsonl and .parquet rows with the text (default: text)')
      .option('--json', 'write JSON');

  withMakeOptions(commands.command('train'))
    .description("learn a vocabulary with Qwen2's pre-tokenizer, special tokens and chat template")
    .argument('<files...>', FILES)
    .requiredOption('--vocab-size <count>', 'ids in all, special tokens too', wholeNumber)
    .addHelpText(
      'after',
      `${LANGUAGE_HELP}

Examples:
  marco tokenizer train corpus/ --vocab-size 32000 --out my-tokenizer
  marco tokenizer train 'crawl/*.jsonl.gz' --vocab-size 8000 --held-out test.jsonl --out my-tokenizer`,
    )
    .action(async (files: string[], options: MakeOptions & { vocabSize: number }) => {
      const { trainFrom } = await import('./make-tokenizer.ts');
      const { fertilityTable } = await import('./compare-fertility.ts');
      const made = await trainFrom(files, options);
      if (options.json) return writeJson(made);
      if (made.vocabSize < options.vocabSize)
        output.stderr.write(`the text gives no more than ${made.vocabSize} of ${options.vocabSize} tokens\n`);
      output.stdout.write(`${fertilityTable(made.fertility)}${made.vocabSize} tokens in ${made.directory}\n`);
    });

  withMakeOptions(commands.command('extend'))
    .description('learn further merges on new text and append them; no old id moves')
    .argument('<dir>', 'directory of the tokenizer, or of a model with one')
    .argument('<files...>', FILES)
    .requiredOption('--new-tokens <count>', 'most tokens to add', wholeNumber)
    .option('--model <dir>', 'its embeddings grow with the vocabulary, and model and tokenizer are written together')
    .addHelpText(
      'after',
      `${LANGUAGE_HELP}
A new token's embedding begins as the mean of those that it stands for.

Examples:
  marco tokenizer extend Qwen2-0.5B swahili.jsonl --new-tokens 2000 --out extended
  marco tokenizer extend Qwen2-0.5B new/ --new-tokens 8000 --model Qwen2-0.5B --held-out test/ --out Qwen2-0.5B-more`,
    )
    .action(
      async (directory: string, files: string[], options: MakeOptions & { newTokens: number; model?: string }) => {
        const { extendWith } = await import('./make-tokenizer.ts');
        const { fertilityTable } = await import('./compare-fertility.ts');
        const made = await extendWith(directory, files, options);
        if (options.json) return writeJson(made);
        const rows = made.model ? `; embeddings: ${made.model.vocabSize} rows, ${made.model.oldVocabSize} before` : '';
        output.stdout.write(
          `${fertilityTable(made.fertility)}${made.numNewTokens} new tokens, ${made.vocabSize} in all, in ${made.directory}${rows}\n`,
        );
      },
    );

  commands
    .command('eval')
    .description('tokens per word and bytes per token, by language; several tokenizers side by side')
    .argument('<dir>', 'directory of the tokenizer, or of a model with one')
    .argument('<files...>', FILES)
    .option('--beside <dir>', 'another tokenizer; can be repeated', collect)
    .option('--text-key <field>', 'field of .jsonl and .parquet rows with the text (default: text)')
    .option('--json', 'write JSON')
    .addHelpText(
      'after',
      `${LANGUAGE_HELP}

Examples:
  marco tokenizer eval my-tokenizer test.jsonl
  marco tokenizer eval Qwen2-0.5B news/ --beside extended --beside Llama-3-8B
  marco tokenizer eval Qwen2-0.5B news/ --json | jq '.[] | [.language, .tokenizers[].tokensPerWord]'`,
    )
    .action(
      async (directory: string, files: string[], options: { beside?: string[]; textKey?: string; json?: boolean }) => {
        const { compareFertility, fertilityTable } = await import('./compare-fertility.ts');
        const { openTokenizer } = await import('./open-tokenizer.ts');
        const { readTexts } = await import('./read-texts.ts');
        const directories = [directory, ...(options.beside ?? [])];
        const tokenizers = await Promise.all(directories.map(openTokenizer));
        const names = shortNames(directories);
        const named = new Map(tokenizers.map((tokenizer, index) => [names[index]!, tokenizer]));
        const languages = compareFertility(named, await readTexts(files, options.textKey));
        if (options.json) writeJson(languages);
        else output.stdout.write(fertilityTable(languages));
      },
    );

  commands
    .command('verify')
    .description('compare ids with those that another library gave for the same texts')
    .argument('<dir>', 'directory of the tokenizer, or of a model with one')
    .argument('<vectors>', '.jsonl file, each line {"text": "...", "ids": [...]}')
    .option('--json', 'write JSON')
    .addHelpText(
      'after',
      `
Ends with 1 when ids differ.

Examples:
  python -c "import json; from tokenizers import Tokenizer; t = Tokenizer.from_file('Qwen2-0.5B/tokenizer.json')
  for s in open('texts.txt'): print(json.dumps({'text': s, 'ids': t.encode(s).ids}))" > vectors.jsonl
  marco tokenizer verify Qwen2-0.5B vectors.jsonl`,
    )
    .action(async (directory: string, vectors: string, { json }: { json?: boolean }) => {
      const { openTokenizer } = await import('./open-tokenizer.ts');
      const { verifyVectors } = await import('./verify-vectors.ts');
      const { numVectors, mismatches } = await verifyVectors(await openTokenizer(directory), vectors);
      if (mismatches.length > 0) setExitCode(EXIT_CODES.failed);
      if (json) return writeJson({ numVectors, mismatches });
      for (const { line, text, expected, got, firstDifference: at } of mismatches.slice(0, 10)) {
        const ids = (all: readonly number[]): string => `${all.slice(at, at + 5).join(' ') || 'the end'}`;
        output.stdout.write(
          `line ${line}, id ${at}: ${ids(got)} where ${ids(expected)} was due, in ${JSON.stringify(text.slice(0, 60))}\n`,
        );
      }
      output.stdout.write(`${numVectors - mismatches.length} of ${numVectors} texts have the same ids\n`);
    });
}

/** The last parts of paths where these differ, the paths where they do not. */
function shortNames(directories: readonly string[]): string[] {
  const lastParts = directories.map(
    (directory) =>
      directory
        .replace(/[/\\]+$/, '')
        .split(/[/\\]/)
        .at(-1)!,
  );
  return new Set(lastParts).size === directories.length ? lastParts : [...directories];
}
