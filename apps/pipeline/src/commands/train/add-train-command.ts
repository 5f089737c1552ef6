/** `marco train`: the pretraining part of a recipe alone, on shards and a model that are there; also as one of several workers. */
import { type Command, Option } from 'commander';
import { type CommandContext, collect, DISCARD_OPTION, EXIT_CODE_HELP } from '../command-context.ts';
import { numberFromZero, wholeNumber } from '../model/model-options.ts';
import { RECIPE_ARGUMENT } from '../recipe/recipe-argument.ts';

export interface TrainOptions {
  readonly shards: string;
  readonly model: string;
  readonly validation?: string;
  readonly output: string;
  readonly set?: readonly string[];
  readonly mailbox?: string;
  readonly workerId?: number;
  readonly numWorkers?: number;
  readonly innerSteps: number;
  readonly deltas: 'f32' | 'bf16' | 'int8';
  readonly roundTimeout: number;
  readonly s3Endpoint?: string;
  readonly discardUnfinished?: boolean;
  readonly json?: boolean;
}

export function addTrainCommand(program: Command, { pipeline, output }: CommandContext): void {
  program
    .command('train')
    .description('pretrain on given shards from a given model, by the pretraining part of a recipe')
    .argument('<recipe>', RECIPE_ARGUMENT)
    .requiredOption('--shards <dir>', 'holds one directory per shard, as a run leaves them in 03-shards/shards')
    .requiredOption('--model <dir>', 'Hugging Face directory of a Qwen2 model')
    .option(
      '--validation <path>',
      "held-out documents, such as a run's 01-data/documents-validation.jsonl, measured as pretrain.evaluateEverySteps says",
    )
    .requiredOption(
      '-o, --output <dir>',
      'where logs, checkpoints and models go; the same command goes on where it stopped',
    )
    .option('-s, --set <path=value>', 'override one value of the recipe; can be repeated', collect)
    .option('--mailbox <dir>', 'work with others: a directory that all workers see, or s3://bucket/prefix')
    .option('--worker-id <number>', 'of this worker, from 0', numberFromZero)
    .option('--num-workers <count>', 'among whom the sequences are dealt out', wholeNumber)
    .option('--inner-steps <count>', 'steps that each worker takes between two exchanges', wholeNumber, 50)
    .addOption(
      new Option('--deltas <format>', 'how parameters are sent').choices(['f32', 'bf16', 'int8']).default('bf16'),
    )
    .option('--round-timeout <seconds>', 'how long a worker that was lost is waited for', numberFromZero, 600)
    .option('--s3-endpoint <url>', 'of a store that is not AWS')
    .option(...DISCARD_OPTION)
    .option('--json', 'write one JSON object to stdout; messages go to stderr')
    .addHelpText(
      'after',
      `
Workers may start at any time, by hand or by Slurm, join late and come back; each needs the recipe, the shards and the model. A stage
ends for a worker when it has taken its part of the steps, and every worker then has the same model.

Examples:
  marco train my.yaml --shards runs/my/03-shards/shards --model ./Qwen2-0.5B -o out
  marco train my.yaml --shards s --model m -o out --mailbox /shared/mail --worker-id 0 --num-workers 2
  srun -n 4 --signal=USR1@120 sh -c 'marco train my.yaml --shards s --model m -o out --mailbox mail \\
    --worker-id $SLURM_PROCID --num-workers $SLURM_NTASKS'
${EXIT_CODE_HELP}`,
    )
    .action(async (name: string, options: TrainOptions) => {
      const { runTrain } = await import('./run-train.ts');
      await runTrain({ name, options, codeVersion: pipeline.codeVersion }, output);
    });
}
