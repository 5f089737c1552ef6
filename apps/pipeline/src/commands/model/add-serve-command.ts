/**
 * `marco serve`: an OpenAI-compatible server for one model.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { BadInputError } from '../../errors.ts';
import { type CommandContext, EXIT_CODE_HELP } from '../command-context.ts';
import { type ModelOptions, withModelOptions } from './model-options.ts';

interface ServeOptions extends ModelOptions {
  readonly host: string;
  readonly port: number;
  readonly apiKey?: string;
  readonly name?: string;
  readonly json?: boolean;
}

export function addServeCommand(program: Command, { output }: CommandContext): void {
  withModelOptions(program.command('serve'))
    .description('answer the OpenAI API with a model: chat completions, completions, log-probabilities, streaming')
    .option('--host <address>', 'address to listen at; others than this machine reach it only at 0.0.0.0', '127.0.0.1')
    .option('--port <number>', 'port to listen at; 0 takes a free one', portNumber, 8000)
    .option('--api-key <key>', 'what clients must send as bearer token')
    .option('--name <id>', "what clients call the model (default: its directory's name)")
    .option('--json', 'tell the address and each answer as JSON lines')
    .addHelpText(
      'after',
      `
Examples:
  marco serve runs/tiny-cpu
  marco serve ./Qwen2-0.5B --port 8080 --api-key "$KEY"
  curl http://127.0.0.1:8000/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{"model": "tiny-cpu", "messages": [{"role": "user", "content": "Habari"}], "stream": true}'
${EXIT_CODE_HELP}`,
    )
    .action(async (directory: string | undefined, options: ServeOptions) => {
      const { serveModel } = await import('./serve-model.ts');
      if (options.name === '') throw new BadInputError('[@marco-ts/pipeline] serve: --name must not be empty.');
      await serveModel({ directory, ...options }, output);
    });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  }
  return port;
}
