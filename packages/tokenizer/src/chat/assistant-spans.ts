/**
 * Which part of a rendered chat the assistant wrote.
 *
 * A template with `{% generation %}` says so itself and is believed to the letter. For any other, a turn reaches from the end of the
 * generation prompt before it to its closing special token, found by rendering the conversation up to that turn; where such a rendering
 * is no prefix of the whole (templates that treat the last turn or an opening turn in their own way), by marks at the ends of the content.
 */
import type { Spans } from '../text/added-tokens.ts';
import type { ChatOptions, TemplateMessage } from '../tokenizer.ts';
import { tokenizerError } from '../tokenizer-error.ts';
import type { ChatRenderer } from './chat-template.ts';
import { privateUseCharacters } from './protected-content.ts';

/** @returns spans of `rendered` in UTF-16 units, ascending */
export function findAssistantSpans(
  renderer: ChatRenderer,
  messages: readonly TemplateMessage[],
  options: ChatOptions,
  rendered: string,
  specialTokens: readonly string[],
): Spans {
  if (!messages.some((message) => message.role === 'assistant')) return [];
  const free = privateUseCharacters(rendered, messages);
  const open = free.next().value ?? '';
  const close = free.next().value ?? '';
  if (renderer.renderGenerated) {
    const marked = renderer.renderGenerated(messages, options, [open, close]);
    return readMarks(marked, open, close, rendered) ?? unreadable();
  }
  const render = (upTo: number, addGenerationPrompt: boolean): string | null => {
    try {
      return renderer.render(messages.slice(0, upTo), { ...options, addGenerationPrompt });
    } catch {
      return null; // a template may refuse a conversation that stops here
    }
  };
  const spans: (readonly [number, number])[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'assistant') continue;
    const before = render(index, true);
    const through = render(index + 1, false);
    if (before !== null && through?.startsWith(before) && rendered.startsWith(through)) {
      spans.push([before.length, closingEnd(rendered, before.length, through.length, specialTokens)]);
      continue;
    }
    const end = before !== null && rendered.startsWith(before) ? markedEnd(index) : null;
    if (before !== null && end !== null && end >= before.length) spans.push([before.length, end]);
    else spans.push(markedSpan(index) ?? unreadable());
  }
  return spans;

  /** Spans between the marks when the content of a message is changed to hold them. */
  function markContent(index: number, mark: (content: string) => string): [number, number][] | null {
    const message = messages[index]!;
    const marked = messages.with(index, { ...message, content: mark(message.content) });
    return readMarks(renderer.render(marked, options), open, close, rendered);
  }

  function withClosing(end: number): number {
    const closing = specialTokens.find((token) => rendered.startsWith(token, end));
    return end + (closing?.length ?? 0);
  }

  function markedEnd(index: number): number | null {
    const span =
      markContent(index, (content) => content + open + close) ??
      markContent(index, (content) => content.trim() + open + close);
    return span?.length === 1 ? withClosing(span[0]![1]) : null;
  }

  function markedSpan(index: number): readonly [number, number] | null {
    const span =
      markContent(index, (content) => open + content + close) ??
      markContent(index, (content) => open + content.trim() + close);
    return span?.length === 1 ? [span[0]![0], withClosing(span[0]![1])] : null;
  }
}

function unreadable(): never {
  throw tokenizerError(
    'encodeChat',
    'the chat template must print the assistant turns in a way that can be found again',
    'a template that changes their content',
    'Add {% generation %} and {% endgeneration %} around the assistant turn in the template.',
  );
}

/** Spans between marks, counted without the marks; null when marks do not come in pairs or the text without them is not `rendered`. */
function readMarks(marked: string, open: string, close: string, rendered: string): [number, number][] | null {
  const spans: [number, number][] = [];
  let plain = '';
  let start = -1;
  for (const part of marked.split(new RegExp(`([${open}${close}])`))) {
    if (part === open && start < 0) start = plain.length;
    else if (part === close && start >= 0) {
      spans.push([start, plain.length]);
      start = -1;
    } else if (part === open || part === close) return null;
    else plain += part;
  }
  return start < 0 && plain === rendered ? spans : null;
}

/** End of a turn without the blanks that follow its closing special token; `end` itself when it closes otherwise. */
function closingEnd(rendered: string, start: number, end: number, specialTokens: readonly string[]): number {
  const turn = rendered.slice(start, end).trimEnd();
  return specialTokens.some((token) => token !== '' && turn.endsWith(token)) ? start + turn.length : end;
}
