/** `marco eval`: lists benchmarks, checks their rows, asks a model or a server, and compares two evaluations. */
import { type Command, Option } from 'commander';
import { BACKEND_NAMES } from '../../config/recipe-schema.ts';
import { type CommandContext, collect, EXIT_CODE_HELP } from '../command-context.ts';
import { numberFromZero, wholeNumber } from '../model/model-options.ts';
import type { ListOptions } from './list-tasks.ts';
import type { RunOptions } from './run-evaluation.ts';
import type { CompareOptions } from './show-comparison.ts';
import type { ValidateOptions } from './validate-tasks.ts';

export function addEvalCommands(program: Command, context: CommandContext): void {
  const { output } = context;
  const commands = program
    .command('eval')
    .description(
      'benchmarks by name: Belebele, MMMLU, FLORES-200 and others, per language, with errors and significance',
    );

  commands
    .command('ls')
    .description('the tasks and groups whose name, language or group holds every given text')
    .argument('[text...]', 'such as belebele or swh_Latn')
    .option('--groups', 'groups alone')
    .option('--json', 'write one JSON object to stdout')
    .addHelpText(
      'after',
      `
Examples:
  marco eval ls --groups             what there is, and how many tasks each group has
  marco eval ls swh_Latn             every task in Swahili
  marco eval ls xcopa --json`,
    )
    .action(async (filters: string[], options: ListOptions) => {
      const { listTasks } = await import('./list-tasks.ts');
      listTasks(filters, options, output);
    });

  withTaskOptions(commands.command('validate'))
    .description('check that rows are there and prompts can be made; nothing is asked')
    .option('--json', 'write one JSON object to stdout')
    .addHelpText(
      'after',
      `
Examples:
  marco eval validate --tasks belebele,xcopa --data sets
  marco eval validate --task-yaml my_task.yaml --language swh_Latn --data sets
${EXIT_CODE_HELP}`,
    )
    .action(async (options: ValidateOptions) => {
      const { validateTasks } = await import('./validate-tasks.ts');
      await validateTasks(options, context);
    });

  withTaskOptions(commands.command('run'))
    .description('evaluate a model or a server; the same command goes on where it stopped')
    .option(
      '-m, --model <dir|url>',
      'model directory, run directory, or http://host/v1 (default: the latest run below runs/)',
    )
    .requiredOption('-o, --output <dir>', 'where answers and results go')
    .option('--model-name <name>', "what reports call it; of a server, the server's name for it")
    .option('--limit <count>', 'items of each language at most', wholeNumber)
    .option('--apply-chat-template', "ask through the tokenizer's chat template")
    .option('--fewshot-as-multiturn', 'with it: each example as turns of its own')
    .option('--system-instruction <text>', 'before everything else')
    .option('--written', 'questions with lettered choices are answered in words, and the letter is taken out')
    .option('--spbleu-model <file>', 'SentencePiece model, such as flores200: translations get spBLEU too')
    .option('--mt-bench <file>', "questions in FastChat's layout; alone: the model's answers are written to the output")
    .option('--mt-bench-baseline <file>', "another model's answers; a judge says whose are better")
    .option('--mt-bench-references <file>', 'right answers for the judge')
    .option('--judge <url>', 'http://host/v1 of the judge')
    .option('--judge-model <name>', "the judge's name there")
    .option('--judge-key-variable <name>', "environment variable that holds the judge's key")
    .option('--max-new-tokens <count>', 'of an answer to MT-Bench (default: 1024)', wholeNumber)
    .option(
      '--training-data <place>',
      "run directory or documents to look for the tasks in (default: the run's that --model is)",
    )
    .option('--rank <r>', 'do the share of one rank, from 0; without it the results of all are written', numberFromZero)
    .option('--world-size <n>', 'number of ranks', wholeNumber)
    .option(
      '--batch-tokens <count>',
      'padded tokens per forward pass (default: what free memory holds, 4096 at most)',
      wholeNumber,
    )
    .option('--max-length <tokens>', 'tokens the model sees (default: its window; of a server 2048)', wholeNumber)
    .option('--seed <number>', 'of bootstrap errors', numberFromZero)
    .addOption(
      new Option('--backend <name>', 'tensor backend (default: the best that starts)').choices([...BACKEND_NAMES]),
    )
    .option('--threads <count>', 'threads of the wasm backend (default: one per core)', wholeNumber)
    .option('--tokenizer <dir>', "server: its tokenizer; without it texts are sent and the server's counts are used")
    .option('--key-variable <name>', 'server: environment variable that holds its key')
    .option('--concurrency <count>', 'server: requests at the same time (default: 4)', wholeNumber)
    .option('--timeout <seconds>', 'server: of one request (default: 120)', numberFromZero)
    .addOption(new Option('--generate-with <api>', 'server: how texts are generated').choices(['completions', 'chat']))
    .option('--json', 'write one JSON object to stdout; messages go to stderr')
    .addHelpText(
      'after',
      `
Examples:
  marco eval run -m Qwen2-0.5B --tasks belebele_swh_Latn,xcopa_sw --data sets -o evals/base
  marco eval run -m runs/tiny-cpu --tasks marco --limit 20 --data hub -o evals/tuned
  marco eval run -m http://127.0.0.1:8080/v1 --model-name tiny --tasks mgsm_direct_sw --data sets -o evals/served
  marco eval run -m Qwen2-0.5B --tasks mmlu --data sets -o evals/base --rank 0 --world-size 4
  marco eval run -m tuned --tasks mmmlu_sw_ke --written --apply-chat-template --data sets -o evals/chat
  marco eval run -m base --mt-bench question.jsonl --language swh_Latn -o evals/base
  marco eval run -m tuned --mt-bench question.jsonl --language swh_Latn -o evals/tuned \\
    --mt-bench-baseline evals/base/mt_bench_answers.jsonl --judge http://127.0.0.1:8080/v1 --judge-model judge
${EXIT_CODE_HELP}`,
    )
    .action(async (options: RunOptions) => {
      const { runEvaluation } = await import('./run-evaluation.ts');
      await runEvaluation(options, output);
    });

  commands
    .command('compare')
    .description('a base model beside an adapted one: changes, significance, forgetting, disagreements')
    .argument('<before>', 'output directory of eval run, or an evaluation.json')
    .argument('<after>', 'likewise')
    .option('--alpha <share>', 'level of significance, after Holm', numberFromZero, 0.05)
    .option('--examples <count>', 'samples lost and gained to name for each task', numberFromZero, 3)
    .option('--html <file>', 'also write a page with tables, charts and samples')
    .option('--markdown <file>', 'also write the tables and samples as Markdown')
    .option('--json', 'write one JSON object to stdout')
    .addHelpText(
      'after',
      `
Examples:
  marco eval compare evals/base evals/tuned
  marco eval compare evals/base evals/tuned --html comparison.html
  marco eval compare runs/tiny-cpu/04-evaluate-model runs/tiny-cpu/10-evaluate-preference
${EXIT_CODE_HELP}`,
    )
    .action(async (before: string, after: string, options: CompareOptions) => {
      const { showComparison } = await import('./show-comparison.ts');
      await showComparison(before, after, options, output);
    });
}

function withTaskOptions(command: Command): Command {
  return command
    .option(
      '-t, --tasks <names>',
      "comma-separated tasks, groups, patterns with *, or marco, the paper's suite",
      names,
      [],
    )
    .option('--task-yaml <file>', "a task in lm-evaluation-harness's YAML; can be repeated", collect)
    .option('--language <code>', 'of its texts, such as swh_Latn')
    .option('-d, --data <dir>', 'directory of data sets, or hub')
    .option('--num-fewshot <count>', "examples before each question (default: the task's)", numberFromZero);
}

function names(text: string, previous: readonly string[]): readonly string[] {
  return [
    ...previous,
    ...text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ];
}
