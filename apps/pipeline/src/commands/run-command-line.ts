/**
 * The `marco` command line: parses arguments, runs one command, turns every error into a message and an exit code.
 */
import { basename, join, relative } from 'node:path';
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config-problem.ts';
import { checkWithOverrides, loadRecipe } from '../config/load-recipe.ts';
import { recipeEditorSchema } from '../config/recipe-editor-schema.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import { createTerminal } from '../console/terminal.ts';
import { BadInputError, EXIT_CODES, exitCodeOf, InterruptedError } from '../errors.ts';
import { BUILTIN_RECIPES } from '../recipes/builtin-recipes.ts';
import { writeReport } from '../report/write-report.ts';
import { planRun } from '../runner/plan-run.ts';
import type { NativeSource } from './build-native.ts';
import { doctor } from './doctor.ts';
import { findRunDirectory } from './find-run-directory.ts';
import type { CommandOutput, Pipeline } from './pipeline.ts';
import { runRecipe } from './run-recipe.ts';
import { mixtureTable, planAsJson, plannedSources, planTable } from './show-plan.ts';

interface CommonOptions {
  readonly output?: string;
  readonly set?: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface DoctorCommandOptions extends NativeSource {
  readonly json?: boolean;
  readonly buildNative?: boolean;
}

const EXIT_CODE_HELP = `
Exit codes:
  0    done, or nothing was left to do
  1    a stage or command failed
  2    bad input: recipe, option, directory
  130  stopped by Ctrl-C, what was done is saved
  143  stopped by SIGTERM, what was done is saved`;

/**
 * @param argv arguments after the program's name
 * @returns the exit code; nothing is thrown
 */
export async function runCommandLine(
  argv: readonly string[],
  pipeline: Pipeline,
  output: CommandOutput,
): Promise<number> {
  let exitCode: number = EXIT_CODES.done;
  const program = createProgram(pipeline, output, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.badInput;
    const code = exitCodeOf(error);
    report(error, code, argv, output);
    return code;
  }
}

function createProgram(pipeline: Pipeline, output: CommandOutput, setExitCode: (code: number) => void): Command {
  const program = new Command('marco')
    .description(
      'Teach a small open language model many languages: data, tokenizer, pretraining, tuning, alignment, evaluation, export.',
    )
    .version(pipeline.codeVersion, '-V, --version')
    .option('--verbose', 'show stack traces of errors')
    .configureOutput({
      writeOut: (text) => void output.stdout.write(text),
      writeErr: (text) => void output.stderr.write(text),
    })
    .exitOverride()
    .showHelpAfterError('(see: marco --help)')
    .addHelpText(
      'after',
      `
Examples:
  marco run tiny-cpu                          the whole pipeline at toy size, on two cores
  marco run my.yaml --output runs/try-2       your recipe, into a directory of its own
  marco run tiny-cpu --set seed=2 --dry-run   what would run, and why
  marco resume                                go on with the latest run
  marco doctor                                which backends are here
${EXIT_CODE_HELP}`,
    );
  const builtins = Object.keys(BUILTIN_RECIPES).join(', ');
  const recipeArgument = `a built-in (${builtins}), or a .yaml, .ts or .js file`;
  const withRecipeOptions = (command: Command): Command =>
    command
      .argument('<recipe>', recipeArgument)
      .option('-o, --output <dir>', 'run directory (default: runs/<name of the recipe>)')
      .option('-s, --set <path=value>', 'override one value; can be repeated', collect)
      .option('--json', 'write one JSON object to stdout; messages go to stderr');

  withRecipeOptions(program.command('run'))
    .description('run a recipe: stages that are up to date are skipped, a stopped run goes on where it stopped')
    .option('-n, --dry-run', 'say what would run and why, and write nothing')
    .addHelpText(
      'after',
      `
Examples:
  marco run tiny-cpu
  marco run tiny-cpu --set pretrain.stages[0].learningRate=0.002 --set eval.numSamples=4
  marco run recipe.ts --output /data/runs/one --json > result.json
${EXIT_CODE_HELP}`,
    )
    .action(async (name: string, options: CommonOptions) => {
      const { recipe, source } = await loadRecipe(name, options.set);
      const directory = runDirectory(recipe, options);
      const resumeCommand = `${ownCommand()} resume ${quoted(directory)}`;
      const { dryRun = false, json = false } = options;
      await runRecipe(pipeline, { recipe, source, directory, dryRun, json, resumeCommand }, output);
    });

  program
    .command('resume')
    .description('go on with a stopped run, with the recipe stored in its directory')
    .argument('[dir]', 'run directory (default: the latest below runs/)')
    .option('--json', 'write one JSON object to stdout; messages go to stderr')
    .addHelpText('after', '\nExamples:\n  marco resume\n  marco resume runs/tiny-cpu')
    .action(async (given: string | undefined, options: { json?: boolean }) => {
      const { directory, record } = await findRunDirectory(given);
      const recipe = checkWithOverrides(record.recipe, [], join(directory, 'recipe.json'));
      const resumeCommand = `${ownCommand()} resume ${quoted(directory)}`;
      const { json = false } = options;
      await runRecipe(
        pipeline,
        { recipe, source: record.source, directory, dryRun: false, json, resumeCommand },
        output,
      );
    });

  program
    .command('report')
    .description('write report.html, report.md and results.json again from what a run directory holds')
    .argument('[dir]', 'run directory (default: the latest below runs/)')
    .option('--json', 'write the results to stdout too')
    .addHelpText('after', '\nExamples:\n  marco report\n  marco report runs/tiny-cpu')
    .action(async (given: string | undefined, options: { json?: boolean }) => {
      const { directory } = await findRunDirectory(given);
      const results = await pipeline.collectResults(directory);
      const files = await writeReport(directory, results);
      if (options.json) output.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
      else output.stdout.write(`${files.join('\n')}\n`);
    });

  withRecipeOptions(program.command('plan'))
    .description('print the stages, the mixture and the tokens of a recipe; writes nothing')
    .addHelpText('after', '\nExamples:\n  marco plan tiny-cpu\n  marco plan my.yaml --json')
    .action(async (name: string, options: CommonOptions) => {
      const { recipe } = await loadRecipe(name, options.set);
      const directory = runDirectory(recipe, options);
      const stages = await pipeline.stages(recipe);
      const planned = await planRun({ stages, recipe, directory, codeVersion: pipeline.codeVersion });
      const sources = plannedSources(recipe);
      if (options.json) {
        output.stdout.write(
          `${JSON.stringify({ directory, stages: planAsJson(planned), mixture: sources, recipe }, null, 2)}\n`,
        );
        return;
      }
      output.stdout.write(`${recipe.name} in ${directory}\n\n${planTable(planned)}\n\n${mixtureTable(recipe)}\n`);
    });

  program
    .command('doctor')
    .description('which backends are here, which one a run would use and why, what is missing and how to mend it')
    .option('--json', 'write JSON')
    .option('--build-native', 'first build the addon of @tensorflow/tfjs-node, for the backends node and node-gpu')
    .option('--libtensorflow <dir>', 'build against the libtensorflow in this directory')
    .option(
      '--python <python>',
      'build against the TensorFlow wheel of this interpreter (default: the first that has one)',
    )
    .addHelpText(
      'after',
      `
Ends with 1 when no run could start here, or the addon could not be built.

Examples:
  marco doctor
  marco doctor --json
  python3 -m venv .venv && .venv/bin/pip install tensorflow-cpu     or "tensorflow[and-cuda]"
  marco doctor --build-native --python .venv/bin/python`,
    )
    .action(async (options: DoctorCommandOptions) => {
      const nativeSource = nativeSourceOf(options);
      const isWell = await doctor({ json: options.json ?? false, ...(nativeSource && { nativeSource }) }, output);
      if (!isWell) setExitCode(EXIT_CODES.failed);
    });

  const config = program.command('config').description('check recipes and print their schema');
  config
    .command('check')
    .description('say everything that is wrong in a recipe, with places and the nearest valid names')
    .argument('<recipe>', recipeArgument)
    .option('-s, --set <path=value>', 'override one value; can be repeated', collect)
    .option('--json', 'write the resolved recipe, or the problems, as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  marco config check my.yaml\n  marco config check tiny-cpu --json > resolved.json',
    )
    .action(async (name: string, options: CommonOptions) => {
      const { recipe } = await loadRecipe(name, options.set);
      output.stdout.write(
        options.json ? `${JSON.stringify(recipe, null, 2)}\n` : `${name}: a valid recipe, "${recipe.name}"\n`,
      );
    });
  config
    .command('schema')
    .description('print the JSON Schema of recipes, for editors')
    .addHelpText(
      'after',
      `
Examples:
  marco config schema > recipe.schema.json
  then, as first line of a YAML recipe:  # yaml-language-server: $schema=recipe.schema.json`,
    )
    .action(() => void output.stdout.write(`${JSON.stringify(recipeEditorSchema(), null, 2)}\n`));

  return program;
}

function nativeSourceOf({ buildNative, libtensorflow, python }: DoctorCommandOptions): NativeSource | undefined {
  if (libtensorflow !== undefined && python !== undefined) {
    throw new BadInputError('--libtensorflow and --python name two sources of one library. Leave one of them out.');
  }
  const isNamed = libtensorflow !== undefined || python !== undefined;
  if (isNamed && !buildNative) {
    throw new BadInputError(
      `${python === undefined ? '--libtensorflow' : '--python'} goes with --build-native. Add it.`,
    );
  }
  if (!buildNative) return undefined;
  return { ...(libtensorflow !== undefined && { libtensorflow }), ...(python !== undefined && { python }) };
}

function runDirectory(recipe: Recipe, options: CommonOptions): string {
  return options.output ?? join(recipe.outputDirectory ?? 'runs', recipe.name);
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

/** How this command was called, so that what it prints can be typed: installed as `marco`, or the file of the repository. */
function ownCommand(): string {
  const path = process.argv[1] ?? 'marco';
  if (/^marco(\.cmd)?$/.test(basename(path)) || !/^cli\.[jt]s$/.test(basename(path))) return 'marco';
  const near = relative(process.cwd(), path);
  return `node ${quoted(near.startsWith('..') ? path : near)}`;
}

function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function report(error: unknown, exitCode: number, argv: readonly string[], output: CommandOutput): void {
  const message = error instanceof Error ? error.message : String(error);
  if (argv.includes('--json')) {
    const problems = error instanceof ConfigError ? error.problems : undefined;
    output.stdout.write(`${JSON.stringify({ error: { message, exitCode, problems } }, null, 2)}\n`);
  }
  // An interruption has told itself already, with the command that goes on.
  if (error instanceof InterruptedError) return;
  output.stderr.write(`${createTerminal(output.stderr).style('red', 'error')} ${message}\n`);
  if (argv.includes('--verbose') && error instanceof Error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      output.stderr.write(`${cause.stack}\n`);
  }
}
