/** `marco ui`: the dashboard, a local web page over a directory of runs. */
import { type Command, InvalidArgumentError } from 'commander';
import { type CommandContext, EXIT_CODE_HELP } from '../command-context.ts';

interface UiOptions {
  readonly port: number;
  readonly open?: boolean;
  readonly json?: boolean;
}

export function addUiCommand(program: Command, { output }: CommandContext): void {
  program
    .command('ui')
    .description('show runs on a local web page, live while they go on')
    .argument('[directory]', 'directory of runs, or one run', 'runs')
    .option('--port <number>', 'port to listen at; 0 takes a free one', portNumber, 4173)
    .option('--open', 'open the page in the browser')
    .option('--json', 'tell the address as a JSON line')
    .addHelpText(
      'after',
      `
The page is reached from this machine alone and nothing is ever written. To look at runs of another machine, forward the port:
  ssh -L 4173:127.0.0.1:4173 machine marco ui runs

Examples:
  marco ui
  marco ui runs/tiny-cpu --open
  marco ui /data/runs --port 0
${EXIT_CODE_HELP}`,
    )
    .action(async (directory: string, options: UiOptions) => {
      const { serveDashboard } = await import('./serve-dashboard.ts');
      await serveDashboard({ directory, ...options }, output);
    });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  }
  return port;
}
