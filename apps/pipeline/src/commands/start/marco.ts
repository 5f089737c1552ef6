/**
 * Runs the `marco` command: gives the command line the real stages, which are loaded only when a command needs them.
 */
import { runCommandLine } from '../run-command-line.ts';

/** Ends the process with the command's exit code. */
export async function marco(version: string): Promise<void> {
  // A reader that went away, like `marco plan | head`, must not end a run.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const exitCode = await runCommandLine(
    process.argv.slice(2),
    {
      codeVersion: version,
      stages: async (recipe) => (await import('../../stages/recipe-stages.ts')).recipeStages(recipe),
      collectResults: async (directory) => (await import('../../results/collect-results.ts')).collectResults(directory),
    },
    { stdout: process.stdout, stderr: process.stderr },
  );
  // Backends keep worker threads that would keep the process alive; leave once everything written has gone out.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
}
