/**
 * Finds the places of a rendered chat where message content spells a special token, so that content cannot give control tokens.
 *
 * The chat is rendered a second time with one private-use character in place of each such spelling (and of a character at the edge of a
 * content that template text could complete to one). Putting the spellings back must give the first rendering again; where it does not,
 * the template looks into the content and the text is refused.
 */
import { escapeForRegExp, type Spans } from '../text/added-tokens.ts';
import { wellFormed } from '../text/well-formed.ts';
import { tokenizerError } from '../tokenizer-error.ts';

/** Fields that templates compare instead of printing. */
const STRUCTURAL_FIELDS = new Set(['role', 'type']);

export interface ProtectedContentOptions {
  readonly specialTokens: readonly string[];
  /** What was rendered from the true content. */
  readonly rendered: string;
  /** Every value that holds content: messages and tools. */
  readonly content: unknown;
  /** Renders the same chat with other content. */
  readonly renderWith: (content: unknown) => string;
}

export function findProtectedSpans({ specialTokens, rendered, content, renderWith }: ProtectedContentOptions): Spans {
  if (specialTokens.length === 0) return [];
  const longestFirst = [...specialTokens].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escapeForRegExp).join('|'), 'g');
  const freeCharacters = privateUseCharacters(rendered, content);
  const spellings = new Map<string, string>();
  const characters = new Map<string, string>();
  const hide = (spelling: string): string => {
    let character = characters.get(spelling);
    if (character === undefined) {
      character = freeCharacters.next().value;
      if (character === undefined) {
        throw tokenizerError(
          'encodeChat',
          'content must leave a private-use character free',
          'all of them in use',
          'Remove some.',
        );
      }
      characters.set(spelling, character);
      spellings.set(character, spelling);
    }
    return character;
  };
  const hideEdges = (text: string): string => {
    if (text === '' || !longestFirst.some((token) => couldJoin(text, token))) return text;
    const first = text[0]!;
    const last = text.at(-1)!;
    const start = /\S/.test(first) && !spellings.has(first) ? hide(first) : first;
    if (text.length === 1) return start;
    return start + text.slice(1, -1) + (/\S/.test(last) && !spellings.has(last) ? hide(last) : last);
  };
  const masked = mapStrings(content, (text) => hideEdges(wellFormed(text).replace(pattern, hide)));
  if (spellings.size === 0) return [];

  const spans: [number, number][] = [];
  let restored = '';
  for (const character of renderWith(masked)) {
    const spelling = spellings.get(character);
    if (spelling !== undefined) spans.push([restored.length, restored.length + spelling.length]);
    restored += spelling ?? character;
  }
  if (restored !== wellFormed(rendered)) {
    throw tokenizerError(
      'encodeChat',
      'the chat template must print content as it is where the content spells a special token',
      'a template that changes it',
      'Remove special-token text from the messages before encoding.',
    );
  }
  return spans;
}

/** Whether text around `text` could complete it to `token`. */
function couldJoin(text: string, token: string): boolean {
  if (token.includes(text)) return true;
  for (let size = Math.min(text.length, token.length - 1); size > 0; size--) {
    if (text.startsWith(token.slice(-size)) || text.endsWith(token.slice(0, size))) return true;
  }
  return false;
}

function mapStrings(value: unknown, map: (text: string) => string, field = ''): unknown {
  if (typeof value === 'string') return STRUCTURAL_FIELDS.has(field) ? value : map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, map, key)]));
  }
  return value;
}

/** Private-use characters found neither in the text nor in the content. */
export function* privateUseCharacters(rendered: string, content: unknown): Generator<string, undefined> {
  const used = new Set<string>();
  const note = (text: string) => {
    for (const [character] of text.matchAll(/[\ue000-\uf8ff]/g)) used.add(character);
    return text;
  };
  note(rendered);
  mapStrings(content, note);
  for (let code = 0xe000; code <= 0xf8ff; code++) {
    const character = String.fromCharCode(code);
    if (!used.has(character)) yield character;
  }
  return undefined;
}
