/**
 * `marco download`: a model from the Hugging Face Hub into the cache that Python's tools share.
 */
import type { Command } from 'commander';
import { createProgressBar } from '../../console/progress-bar.ts';
import { createTerminal } from '../../console/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { listenForStopSignals } from '../recipe/stop-signals.ts';

interface DownloadOptions {
  readonly revision: string;
  readonly token?: string;
  readonly offline?: boolean;
  readonly json?: boolean;
}

export function addDownloadCommand(program: Command, { output }: CommandContext): void {
  program
    .command('download')
    .description('fetch a model from the Hugging Face Hub into its cache, or find it there; prints the directory')
    .argument('<repo>', 'owner/name, such as Qwen/Qwen2-0.5B')
    .option('--revision <name>', 'branch, tag or commit', 'main')
    .option('--token <token>', 'for models that ask for one; never shown')
    .option('--offline', 'use the cache and touch no network')
    .option('--json', 'write directory and commit as JSON')
    .addHelpText(
      'after',
      `
What has arrived is kept: the same command goes on after a break.

Examples:
  marco download Qwen/Qwen2-0.5B
  marco init mine --model "$(marco download Qwen/Qwen2-0.5B)"`,
    )
    .action(async (repo: string, { revision, token, offline, json }: DownloadOptions) => {
      const { downloadModel } = await import('@marco-ts/checkpoint');
      const bar = createProgressBar(createTerminal(output.stderr));
      const stop = listenForStopSignals(() => {});
      let current: string | undefined;
      try {
        const found = await downloadModel({
          repo,
          revision,
          signal: stop.signal,
          ...(token !== undefined && { token }),
          ...(offline !== undefined && { offline }),
          onProgress: ({ file, receivedBytes, sizeBytes }) => {
            if (file !== current) {
              bar.open(file);
              bar.start({ total: sizeBytes, unit: 'bytes' });
              current = file;
            }
            bar.set(receivedBytes);
          },
        });
        bar.close();
        output.stdout.write(json ? `${JSON.stringify(found)}\n` : `${found.directory}\n`);
      } finally {
        bar.close();
        stop.close();
      }
    });
}
