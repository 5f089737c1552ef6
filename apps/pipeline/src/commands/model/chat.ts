/** The conversation itself: reads lines, streams answers, remembers what was said as far as the context allows. */
import { createInterface } from 'node:readline/promises';
import { type ChatMessage, fitConversation } from '@marco-ts/tokenizer';
import { createTerminal } from '../../console/terminal.ts';
import { createCompletionEngine } from '../../serving/completion-engine.ts';
import { openChatModel } from '../../serving/open-chat-model.ts';
import type { CommandOutput } from '../pipeline.ts';
import type { ChatOptions } from './add-chat-command.ts';

const COMMANDS_HELP = '/reset  forget the conversation\n/system TEXT  set the system message\n/exit  leave\n';

/** @param stdin lines from a person, or piped in; its end ends the conversation */
export async function chat(
  directory: string | undefined,
  options: ChatOptions,
  { stdout, stderr }: CommandOutput,
  stdin: NodeJS.ReadableStream,
): Promise<void> {
  const terminal = createTerminal(stderr);
  const model = await openChatModel({
    directory,
    prefer: options.backend && [options.backend],
    numThreads: options.threads,
  });
  const engine = createCompletionEngine(model);
  const isPerson = (stdin as NodeJS.ReadStream).isTTY === true;
  const lines = createInterface({ input: stdin, ...(isPerson && { output: stderr, prompt: '\n> ' }) });
  let system = options.system;
  let said: ChatMessage[] = [];
  let answering: AbortController | undefined;
  lines.on('SIGINT', () => (answering ? answering.abort() : lines.close()));
  try {
    if (isPerson) {
      terminal.write(`${terminal.style('bold', model.id)} on ${model.backend.name}; /help lists commands\n`);
      lines.prompt();
    }
    for await (const line of lines) {
      const text = line.trim();
      if (text === '/exit') break;
      if (text === '/reset') said = [];
      else if (text === '/help') terminal.write(COMMANDS_HELP);
      else if (text === '/system' || text.startsWith('/system ')) {
        system = text.slice('/system '.length).trim() || undefined;
        said = [];
      } else if (text.startsWith('/') && isPerson)
        terminal.write(`there is no ${text.split(' ')[0]}; /help lists commands\n`);
      else if (text !== '') {
        answering = new AbortController();
        said.push({ role: 'user', content: text });
        const answer = await say(answering.signal);
        answering = undefined;
        said.push({ role: 'assistant', content: answer });
      }
      if (isPerson) lines.prompt();
      // Each piped line is a conversation of its own: a file of questions has no memory.
      else said = [];
    }
  } finally {
    lines.close();
    model.close();
  }

  async function say(signal: AbortSignal): Promise<string> {
    const { prompt, numForgotten } = fitConversation(model.tokenizer, {
      system,
      messages: said,
      contextLength: model.config.maxPositionEmbeddings,
      maxNewTokens: options.maxTokens,
    });
    said = said.slice(numForgotten);
    if (numForgotten > 0) terminal.write(terminal.style('dim', `(the first ${numForgotten} messages no longer fit)\n`));
    let text = '';
    try {
      await engine.complete({
        prompts: [prompt],
        maxNewTokens: Math.min(options.maxTokens, model.config.maxPositionEmbeddings - prompt.length),
        sampling: {
          ...model.sampling,
          ...(options.temperature !== undefined && { temperature: options.temperature }),
          ...(options.topP !== undefined && { topP: options.topP }),
        },
        stopStrings: [],
        // Each turn draws anew, and the same conversation draws the same.
        seed: options.seed + said.length,
        signal,
        onPiece: (piece) => {
          text += piece.text;
          stdout.write(piece.text);
        },
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      terminal.write(terminal.style('dim', ' (stopped)'));
    }
    stdout.write('\n');
    return text;
  }
}
