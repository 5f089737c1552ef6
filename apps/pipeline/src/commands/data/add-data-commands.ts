/**
 * `marco data`: runs a data plan here, on Slurm or on Kubernetes, and looks at what it did.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { BadInputError, EXIT_CODES } from '../../errors.ts';
import { type CommandContext, collect, EXIT_CODE_HELP, ownCommand, quoted } from '../command-context.ts';
import { listenForStopSignals } from '../recipe/stop-signals.ts';
import { addSynthesizeCommand } from './add-synthesize-command.ts';
import { addTrainNGramCommand } from './add-train-ngram-command.ts';
import type { PlanChanges } from './load-data-plan.ts';

const EXECUTORS = ['local', 'slurm', 'kubernetes'] as const;
type Executor = (typeof EXECUTORS)[number];

interface RunOptions extends PlanChanges {
  readonly executor: Executor;
  readonly submit?: boolean;
  readonly workers?: number;
  readonly stage?: string;
  readonly rank?: number;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('must be a whole number.');
  return value;
}

function executor(text: string): Executor {
  if (!(EXECUTORS as readonly string[]).includes(text))
    throw new InvalidArgumentError(`must be one of ${EXECUTORS.join(', ')}.`);
  return text as Executor;
}

/** What was given: the directory of a run, or the file of a plan. */
const isRunDirectory = (given: string): boolean => existsSync(join(given, 'plan.json'));

/** Bad plans and directories end with exit code 2, as bad recipes do. */
async function asBadInput<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BadInputError || !(error instanceof Error)) throw error;
    throw new BadInputError(error.message, { cause: error });
  }
}

export function addDataCommands(program: Command, context: CommandContext): void {
  const { output, setExitCode } = context;
  const writeJson = (value: unknown): void => void output.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  const commands = program.command('data').description('curate a corpus by a plan: filters, deduplication, shards');
  addSynthesizeCommand(commands, context);
  addTrainNGramCommand(commands, context);
  const openGiven = async (directory: string) => {
    const { openRun } = await import('@marco-ts/data');
    return asBadInput(openRun(directory));
  };

  commands
    .command('run')
    .description('run a plan; what is complete is skipped, so the same command goes on after a stop')
    .argument('<plan>', 'a .yaml, .json, .ts or .js file, or the directory of a run')
    .option('-i, --input <path>', "take the place of the plan's inputs; can be repeated", collect)
    .option('-o, --output <dir>', 'run directory')
    .option('-s, --set <path=value>', 'override one value; can be repeated', collect)
    .option('--executor <name>', `one of ${EXECUTORS.join(', ')}`, executor, 'local' as Executor)
    .option('--submit', 'hand the Slurm scripts to sbatch at once')
    .option('--workers <n>', 'ranks at work at the same time, locally (default: one for each core)', count)
    .option('--stage <name>', 'do one rank of this stage only')
    .option('--rank <r>', 'which rank, from 0', count)
    .option('--world-size <n>', 'ranks of each stage', count)
    .option('--wait', 'with --stage: first wait until the stages before are complete')
    .option('-n, --dry-run', 'print the inputs and stages, and write nothing')
    .option('--json', 'write one JSON object to stdout; messages go to stderr')
    .addHelpText(
      'after',
      `
Examples:
  marco data run plan.yaml --dry-run                        what would be read and done
  marco data run plan.yaml --input crawl/ --output out      with other paths than the plan's
  marco data run plan.yaml --executor slurm --submit        job arrays that wait for one another
  marco data run plan.yaml --executor kubernetes            manifests of Indexed Jobs, and the script that applies them
  marco data run out --stage 1-documents --rank 3 --world-size 16
${EXIT_CODE_HELP}`,
    )
    .action(async (given: string, options: RunOptions) => {
      const { startRun } = await import('@marco-ts/data');
      const { runHere, runOneRank, runOnSlurm, writeKubernetes } = await import('./run-data.ts');
      if ((options.stage === undefined) !== (options.rank === undefined))
        throw new BadInputError('--stage and --rank go together: which rank of which stage. Give both.');
      const isRun = isRunDirectory(given);
      const plan = isRun
        ? (await openGiven(given)).plan
        : await (await import('./load-data-plan.ts')).loadDataPlan(given, options);
      if (options.dryRun) {
        const { describePlan, planTables } = await import('./show-data-plan.ts');
        const shown = await asBadInput(describePlan(plan));
        if (options.json) writeJson(shown);
        else output.stdout.write(planTables(shown));
        return;
      }
      // A rank must not write the plan: a thousand of them start at once.
      const dataRun = isRun && options.stage !== undefined ? await openGiven(given) : await asBadInput(startRun(plan));
      const goOn = `${ownCommand()} data run ${quoted(isRun ? given : dataRun.run.path)}`;
      const signals = listenForStopSignals(() => {
        output.stderr.write(`stopping; go on with: ${goOn}\n`);
      });
      try {
        let result: object;
        if (options.stage !== undefined) {
          const { stage, wait = false, worldSize = plan.worldSize } = options;
          result = await runOneRank(dataRun, { stage, rank: options.rank!, worldSize, wait }, signals.signal);
        } else if (options.executor === 'slurm') result = await runOnSlurm(dataRun, options.submit ?? false);
        else if (options.executor === 'kubernetes') result = await writeKubernetes(dataRun);
        else {
          const workers = options.workers === undefined ? {} : { numWorkers: options.workers };
          result = await runHere(dataRun, { ...workers, signal: signals.signal }, output);
        }
        if (options.json) writeJson(result);
        else output.stdout.write(`${describeResult(result)}\n`);
      } finally {
        signals.close();
      }
    });

  commands
    .command('schema')
    .description('print the JSON Schema of data plans, for editors')
    .addHelpText(
      'after',
      `
Examples:
  marco data schema > plan.schema.json
  then, as first line of a YAML plan:  # yaml-language-server: $schema=plan.schema.json`,
    )
    .action(async () => {
      const [{ dataPlanSchema }, { z }] = await Promise.all([import('@marco-ts/data'), import('zod')]);
      writeJson(z.toJSONSchema(dataPlanSchema, { io: 'input' }));
    });

  commands
    .command('status')
    .description('which stages are complete, which ranks are running, failed or missing, and the ends of their logs')
    .argument('<dir>', 'directory of a run')
    .option('--world-size <n>', 'ranks of this world (default: of the one at work)', count)
    .option('--logs <n>', 'print this many last lines of every log', count)
    .option('--json', 'write JSON')
    .addHelpText(
      'after',
      `
Ends with 1 while something is not complete.

Examples:
  marco data status out
  marco data status out --logs 5
  marco data status out --json | jq '.[].state'`,
    )
    .action(async (directory: string, options: { worldSize?: number; logs?: number; json?: boolean }) => {
      const { runStatus } = await import('@marco-ts/data');
      const { statusTable } = await import('./show-statistics.ts');
      const { run, stages } = await openGiven(directory);
      const statuses = await runStatus(run, stages, {
        numLogLines: options.logs ?? 3,
        ...(options.worldSize === undefined ? {} : { worldSize: options.worldSize }),
      });
      if (options.json) writeJson(statuses);
      else output.stdout.write(statusTable(statuses, options.logs !== undefined));
      if (statuses.some(({ state }) => state !== 'complete')) setExitCode(EXIT_CODES.failed);
    });

  commands
    .command('stats')
    .description('the funnel by language and reason, and the documents that were kept; merges all ranks')
    .argument('<dir>', 'directory of a run')
    .option('--languages <n>', 'rows of languages', count, 20)
    .option('--reasons <n>', 'columns of reasons', count, 6)
    .option('--json', 'write JSON')
    .addHelpText('after', '\nExamples:\n  marco data stats out\n  marco data stats out --json > funnel.json')
    .action(async (directory: string, options: { languages: number; reasons: number; json?: boolean }) => {
      const { runStatistics } = await import('@marco-ts/data');
      const { statisticsTables } = await import('./show-statistics.ts');
      const { run, stages } = await openGiven(directory);
      const statistics = await runStatistics(run, stages);
      if (options.json) writeJson(statistics);
      else
        output.stdout.write(
          statisticsTables(statistics, { maxLanguages: options.languages, maxReasons: options.reasons }),
        );
    });

  commands
    .command('inspect')
    .description('documents that were kept or dropped, with the reason')
    .argument('<dir>', 'directory of a run')
    .option('--kept', 'only kept ones')
    .option('--dropped', 'only dropped ones; the plan must say keepDropped: true')
    .option('--stage <name>', 'only of this stage; without it what any stage dropped and the last one kept')
    .option('--language <code>', 'only of this language, like swh_Latn, or pair, like eng_Latn-swh_Latn')
    .option('--reason <reason>', 'only dropped for this reason')
    .option('--id <text>', 'only with this in their id')
    .option('--limit <n>', 'documents of each sort', count, 5)
    .option('--characters <n>', 'of each text', count, 300)
    .option('--json', 'write JSON')
    .addHelpText(
      'after',
      `
Examples:
  marco data inspect out
  marco data inspect out --dropped --reason near_duplicate --language swh_Latn
  marco data inspect out --id page-17 --json`,
    )
    .action(async (directory: string, options: InspectCommandOptions) => {
      const { describeDocument, findDocuments } = await import('./inspect-documents.ts');
      const dataRun = await openGiven(directory);
      const both = (options.kept ?? false) === (options.dropped ?? false);
      const found = await findDocuments(dataRun, {
        ...options,
        kept: both || (options.kept ?? false),
        dropped: both || (options.dropped ?? false),
      });
      if (options.json) writeJson(found);
      else output.stdout.write(found.map((document) => describeDocument(document, options.characters)).join('\n'));
      if (!dataRun.plan.keepDropped && options.dropped)
        output.stderr.write('dropped documents were not written: the plan says keepDropped: false\n');
    });
}

interface InspectCommandOptions {
  readonly kept?: boolean;
  readonly dropped?: boolean;
  readonly stage?: string;
  readonly language?: string;
  readonly reason?: string;
  readonly id?: string;
  readonly limit: number;
  readonly characters: number;
  readonly json?: boolean;
}

function describeResult(result: object): string {
  return Object.entries(result)
    .map(
      ([key, value]) =>
        `${key}: ${Array.isArray(value) ? value.map((item) => (typeof item === 'string' ? item : Object.values(item).join(' '))).join('\n  ') : String(value)}`,
    )
    .join('\n');
}
