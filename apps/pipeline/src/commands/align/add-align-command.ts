/** `marco align`: preference alignment of any model on any preferences, or on-policy rounds on prompts. */
import type { BackendName } from '@marco-ts/core';
import { type Command, Option } from 'commander';
import { BACKEND_NAMES } from '../../config/recipe-schema.ts';
import { type CommandContext, collect, DISCARD_OPTION, EXIT_CODE_HELP } from '../command-context.ts';
import { numberFromZero, wholeNumber } from '../model/model-options.ts';
import { ALIGN_LOSSES, REWARD_NAMES } from './align-recipe.ts';

export interface AlignOptions {
  readonly prompts?: string;
  readonly preferences?: string;
  readonly datasetInfo?: string;
  readonly language?: string;
  readonly badRows: 'refuse' | 'drop';
  readonly limit?: number;
  readonly output: string;
  readonly rounds: number;
  readonly answers: number;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly withReference?: boolean;
  readonly sampleUrl?: string;
  readonly sampleModel?: string;
  readonly judgeUrl?: string;
  readonly judgeModel?: string;
  readonly keyVariable?: string;
  readonly reward?: readonly string[];
  readonly minMargin: number;
  readonly loss: string;
  readonly lossWeights?: string;
  readonly beta: number;
  readonly loraRank?: number;
  readonly loraAlpha?: number;
  readonly loraTargets?: string;
  readonly learningRate: number;
  readonly epochs: number;
  readonly validation?: string;
  readonly validationShare?: number;
  readonly evaluateEverySteps?: number;
  readonly watch?: string;
  readonly patience?: number;
  readonly keepBest?: boolean;
  readonly sequenceLength: number;
  readonly microBatchSize: number;
  readonly gradAccumSteps: number;
  readonly seed: number;
  readonly backend?: BackendName;
  readonly threads?: number;
  readonly discardUnfinished?: boolean;
  readonly json?: boolean;
}

export function addAlignCommand(program: Command, { pipeline, output }: CommandContext): void {
  program
    .command('align')
    .description('align a model: on given preferences, or in rounds of sampling, judging and training on prompts')
    .argument('[dir]', 'Hugging Face model directory, or a run directory (default: the latest below runs/)')
    .requiredOption('-o, --output <dir>', 'where pairs, logs and models go; the same command goes on where it stopped')
    .option('--prompts <file>', 'instruction set whose prompts are answered; its answers serve as references')
    .option('--preferences <file>', 'preference set: chosen and rejected, or answers with a label (--loss kto)')
    .option('--dataset-info <file>', 'a dataset_info.json; --prompts or --preferences then names a set in it')
    .option('--language <code>', 'of rows that do not say theirs, such as swh_Latn')
    .addOption(
      new Option('--bad-rows <what>', 'what happens to rows that cannot be used')
        .choices(['refuse', 'drop'])
        .default('refuse'),
    )
    .option('--limit <count>', 'rows to take at most', wholeNumber)
    .option('--rounds <count>', 'rounds of sampling and training, with --prompts', wholeNumber, 1)
    .option('--answers <count>', 'answers to each prompt', wholeNumber, 4)
    .option('--max-new-tokens <count>', 'most tokens of an answer', wholeNumber, 128)
    .option('--temperature <number>', 'of sampling', numberFromZero, 1)
    .option('--top-p <number>', 'of sampling', numberFromZero)
    .option('--with-reference', "the set's own answers compete too")
    .option('--sample-url <url>', 'answers come from this OpenAI-compatible server, such as http://127.0.0.1:8080/v1')
    .option('--sample-model <name>', 'its model')
    .option('--judge-url <url>', 'a model of this server judges, asked in both orders, in place of the rewards')
    .option('--judge-model <name>', 'its model')
    .option('--key-variable <name>', 'environment variable that holds the key of the servers')
    .option('--reward <name=weight>', `${REWARD_NAMES.join(', ')}; can be repeated (default: 1, 1 and 0.5)`, collect)
    .option('--min-margin <number>', 'smallest difference of rewards that makes a pair', numberFromZero, 0.05)
    .option('--loss <names>', `comma-separated, of ${ALIGN_LOSSES.join(', ')}`, 'sigmoid')
    .option('--loss-weights <numbers>', 'comma-separated, one per loss')
    .option('--beta <number>', 'strength of the pull towards the reference', numberFromZero, 0.1)
    .option('--lora-rank <rank>', 'train an adapter only; the reference is the model with the adapter off', wholeNumber)
    .option('--lora-alpha <number>', 'its product counts alpha / rank times (default: twice the rank)', numberFromZero)
    .option('--lora-targets <names>', 'comma-separated ends of names, such as q_proj,v_proj (default: all-linear)')
    .option('--learning-rate <number>', 'peak after warm-up', numberFromZero, 5e-7)
    .option('--epochs <count>', 'times each pair is seen in a round', wholeNumber, 1)
    .option(
      '--validation <file>',
      'preferences that are measured while it trains: the loss and its metrics, by language',
    )
    .option('--validation-share <share>', 'of the prompts, kept from training and measured instead', numberFromZero)
    .option('--evaluate-every-steps <count>', 'steps between two measurements; also before the first', wholeNumber)
    .option(
      '--watch <metric>',
      'one that is measured and judges the round: loss (lower is better), rewards/... (higher)',
    )
    .option('--patience <count>', 'measurements without a better --watch after which the round ends', wholeNumber)
    .option('--keep-best', 'hand on the model with the best --watch, in place of the last')
    .option(
      '--sequence-length <tokens>',
      'longest prompt with answer; longer ones are left out and counted',
      wholeNumber,
      1024,
    )
    .option('--micro-batch-size <rows>', 'rows per forward pass', wholeNumber, 4)
    .option('--grad-accum-steps <count>', 'forward passes per optimizer step', wholeNumber, 1)
    .option('--seed <number>', 'of sampling and order', numberFromZero, 0)
    .addOption(
      new Option('--backend <name>', 'tensor backend (default: the best that starts)').choices([...BACKEND_NAMES]),
    )
    .option('--threads <count>', 'threads of the wasm backend (default: one per core)', wholeNumber)
    .option(...DISCARD_OPTION)
    .option('--json', 'write one JSON object to stdout; messages go to stderr')
    .addHelpText(
      'after',
      `
Rows may be Alpaca, ShareGPT, OpenAI messages or prompt and completion; which is found from the fields.

Examples:
  marco align ./Qwen2-0.5B-Instruct --preferences pairs.jsonl --language swh_Latn -o aligned
  marco align ./Qwen2-0.5B-Instruct --preferences pairs.jsonl --validation-share 0.05 --evaluate-every-steps 50 -o aligned
  marco align ./Qwen2-0.5B-Instruct --preferences kto.json --loss kto --language eng_Latn -o aligned
  marco align runs/tiny-cpu --prompts questions.jsonl --rounds 2 --loss sigmoid,sft --loss-weights 1,0.2 -o aligned
${EXIT_CODE_HELP}`,
    )
    .action(async (directory: string | undefined, options: AlignOptions) => {
      const { runAlign } = await import('./run-align.ts');
      await runAlign({ directory, options, codeVersion: pipeline.codeVersion }, output);
    });
}
