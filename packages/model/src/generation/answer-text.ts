/**
 * The text of one answer as its tokens come, ended by stop strings: what may still become a stop string is held back.
 */
import { modelError } from '../model-error.ts';

/** Turns tokens into text one at a time; `createStreamingDecoder(tokenizer)` of @marco-ts/tokenizer makes one. */
export interface TokenTextDecoder {
  /** @returns text that is certain after this token; '' while a character is unfinished */
  push(token: number): string;
  /** @returns what is left */
  end(): string;
}

/** How the tokens of answers become text, and which text ends an answer. */
export interface AnswerTextOptions {
  /** One for each answer: this package knows no tokenizer. */
  readonly createDecoder: () => TokenTextDecoder;
  /** Texts that end an answer, wherever tokens begin and end; the answer's text is cut before the first of them. @default none */
  readonly stopStrings?: readonly string[];
  /** Called with each piece of an answer's text; the pieces together are that text. */
  readonly onText?: (text: string, promptIndex: number) => unknown;
}

export interface AnswerText {
  /** @returns whether a stop string is now complete; nothing may follow then */
  push(token: number): boolean;
  /** The answer ended without a stop string: tells what was held back. */
  end(): void;
}

/** @throws for an empty stop string */
export function checkAnswerText(functionName: string, { stopStrings = [] }: AnswerTextOptions): void {
  const empty = stopStrings.indexOf('');
  if (empty < 0) return;
  throw modelError(functionName, `a stop string must not be empty, got '' at stopStrings[${empty}]. Leave it out.`);
}

export function createAnswerText(options: AnswerTextOptions, promptIndex: number): AnswerText {
  const { createDecoder, stopStrings = [], onText } = options;
  const decoder = createDecoder();
  let held = '';
  const tell = (text: string): void => {
    if (text !== '') onText?.(text, promptIndex);
  };
  /** Tells what is certain, or all before the first stop. */
  const add = (text: string): boolean => {
    held += text;
    const stops = stopStrings.map((stop) => held.indexOf(stop)).filter((at) => at >= 0);
    const isStopped = stops.length > 0;
    const certain = isStopped ? Math.min(...stops) : held.length - longestBeginning(held, stopStrings);
    tell(held.slice(0, certain));
    held = isStopped ? '' : held.slice(certain);
    return isStopped;
  };
  return {
    push: (token) => add(decoder.push(token)),
    end() {
      if (!add(decoder.end())) tell(held);
      held = '';
    },
  };
}

/** Length of the longest end of the text that begins a stop string. */
function longestBeginning(text: string, stopStrings: readonly string[]): number {
  let longest = 0;
  for (const stop of stopStrings) {
    for (let length = Math.min(text.length, stop.length - 1); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
