/**
 * A conversation as ids with a mask of the assistant's tokens.
 *
 * A token belongs to the assistant when it covers any character the assistant wrote, as in transformers'
 * `return_assistant_tokens_mask`.
 */
import type { TextEncoderToIds } from '../text/encode-text.ts';
import type { ChatOptions, EncodedChat, TemplateMessage } from '../tokenizer.ts';
import { findAssistantSpans } from './assistant-spans.ts';
import { type ChatRenderer, expectMessages } from './chat-template.ts';
import { findProtectedSpans } from './protected-content.ts';

export function encodeChat(
  renderer: ChatRenderer,
  encodeText: TextEncoderToIds,
  specialTokens: readonly string[],
  messages: readonly TemplateMessage[],
  options: ChatOptions,
): EncodedChat {
  expectMessages('encodeChat', messages);
  const rendered = renderer.render(messages, options);
  const protectedSpans = findProtectedSpans({
    specialTokens,
    rendered,
    content: { messages, tools: options.tools },
    renderWith: (content) => {
      const { messages: masked, tools } = content as { messages: unknown[]; tools?: unknown[] };
      return renderer.render(masked, tools ? { ...options, tools } : options);
    },
  });
  const spans = findAssistantSpans(renderer, messages, options, rendered, specialTokens);
  const { ids, offsets } = encodeText(rendered, { allowSpecial: true, withOffsets: true, protectedSpans });
  const assistantMask = new Uint8Array(ids.length);
  let span = 0;
  for (let i = 0; i < ids.length; i++) {
    const start = offsets![2 * i]!;
    while (span < spans.length && spans[span]![1] <= start) span++;
    if (span < spans.length && offsets![2 * i + 1]! > spans[span]![0]) assistantMask[i] = 1;
  }
  return { ids, assistantMask };
}
