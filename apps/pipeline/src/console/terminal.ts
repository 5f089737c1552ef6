/**
 * Where the command writes for people: knows whether it is a terminal, how wide, and whether colours are wanted.
 *
 * Colours follow `util.styleText`: only on a terminal, never with `NO_COLOR`, always with `FORCE_COLOR`.
 */
import { styleText } from 'node:util';

export type TextStyle = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface Terminal {
  /** draws bars in place; false means plain lines */
  readonly isInteractive: boolean;
  readonly columns: number;
  write(text: string): void;
  style(style: TextStyle, text: string): string;
}

export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  return {
    isInteractive: stream.isTTY === true && process.env.TERM !== 'dumb',
    get columns() {
      return stream.columns ?? 100;
    },
    write: (text) => void stream.write(text),
    style: (style, text) => styleText(style, text, { stream, validateStream: true }),
  };
}
