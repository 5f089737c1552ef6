/**
 * The `marco` command line: parses arguments, runs one command, turns every error into a message and an exit code.
 */
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config-problem.ts';
import { createTerminal } from '../console/terminal.ts';
import { EXIT_CODES, exitCodeOf, InterruptedError } from '../errors.ts';
import { addCompletionCommand } from './add-completion-command.ts';
import { addAlignCommand } from './align/add-align-command.ts';
import { type CommandContext, EXIT_CODE_HELP } from './command-context.ts';
import { addConfigCommands } from './config/add-config-commands.ts';
import { addDataCommands } from './data/add-data-commands.ts';
import { addDoctorCommand } from './doctor/add-doctor-command.ts';
import { addExportRunCommand } from './engines/add-export-run-command.ts';
import { addEvalCommands } from './eval/add-eval-commands.ts';
import { addExportCommand } from './export/add-export-command.ts';
import { addInitCommand } from './init/add-init-command.ts';
import { addChatCommand } from './model/add-chat-command.ts';
import { addDownloadCommand } from './model/add-download-command.ts';
import { addServeCommand } from './model/add-serve-command.ts';
import type { CommandOutput, Pipeline } from './pipeline.ts';
import { addRecipeCommands } from './recipe/add-recipe-commands.ts';
import { addTokenizerCommands } from './tokenizer/add-tokenizer-commands.ts';
import { addTrainCommand } from './train/add-train-command.ts';
import { addUiCommand } from './ui/add-ui-command.ts';

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
  const program = createProgram({
    pipeline,
    output,
    setExitCode: (code) => {
      exitCode = code;
    },
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

/** The whole command line; it acts when it parses. */
export function createProgram(context: CommandContext): Command {
  const { pipeline, output } = context;
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
  addInitCommand(program, context);
  addRecipeCommands(program, context);
  addTrainCommand(program, context);
  addExportRunCommand(program, context);
  addDoctorCommand(program, context);
  addConfigCommands(program, context);
  addDataCommands(program, context);
  addAlignCommand(program, context);
  addEvalCommands(program, context);
  addDownloadCommand(program, context);
  addChatCommand(program, context);
  addServeCommand(program, context);
  addTokenizerCommands(program, context);
  addExportCommand(program, context);
  addUiCommand(program, context);
  addCompletionCommand(program);
  nameHelpInErrors(program, 'marco');
  return program;
}

/** An error of `marco chat` ends by naming the help of `marco chat`. */
function nameHelpInErrors(command: Command, path: string): void {
  command.showHelpAfterError(`(see: ${path} --help)`);
  for (const child of command.commands) nameHelpInErrors(child, `${path} ${child.name()}`);
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
