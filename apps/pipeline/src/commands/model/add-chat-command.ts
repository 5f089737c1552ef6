/**
 * `marco chat`: talk to a model in the terminal.
 */
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { type ModelOptions, numberFromZero, wholeNumber, withModelOptions } from './model-options.ts';

export interface ChatOptions extends ModelOptions {
  readonly system?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxTokens: number;
  readonly seed: number;
}

export function addChatCommand(program: Command, { output }: CommandContext): void {
  withModelOptions(program.command('chat'))
    .description('talk to a model; what is piped in is answered line by line')
    .option('--system <text>', 'system message that every conversation begins with')
    .option('--temperature <number>', "0 takes the most likely token (default: the model's own)", numberFromZero)
    .option('--top-p <number>', 'keep the most likely tokens that together reach this probability', numberFromZero)
    .option('--max-tokens <count>', 'most tokens of one answer', wholeNumber, 512)
    .option('--seed <number>', 'of the random choices', numberFromZero, 0)
    .addHelpText(
      'after',
      `
In a conversation: /reset forgets it, /system TEXT sets the system message, /help lists these, /exit leaves.
Ctrl-C stops the answer, at the prompt it leaves.

Examples:
  marco chat
  marco chat ./Qwen2-0.5B-Instruct --system "Answer in Swahili." --temperature 0.7
  echo "Habari ya asubuhi?" | marco chat runs/tiny-cpu`,
    )
    .action(async (directory: string | undefined, options: ChatOptions) => {
      const { chat } = await import('./chat.ts');
      await chat(directory, options, output, process.stdin);
    });
}
