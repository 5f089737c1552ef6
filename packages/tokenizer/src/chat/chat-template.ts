/**
 * Chat templates: Jinja text from tokenizer_config.json, rendered as transformers renders it.
 *
 * Source: `apply_chat_template` of transformers (trim_blocks and lstrip_blocks on; token names as variables).
 */
import { Template } from '@huggingface/jinja';
import type { ChatOptions, TemplateMessage } from '../tokenizer.ts';
import { describeValue, tokenizerError } from '../tokenizer-error.ts';

export interface ChatRenderer {
  render(messages: readonly unknown[], options: ChatOptions): string;
  /** With two marks around what the template calls generated; null when the template has no `{% generation %}`. */
  renderGenerated:
    | ((messages: readonly unknown[], options: ChatOptions, marks: readonly [string, string]) => string)
    | null;
}

/**
 * @param source the template, or undefined where the tokenizer has none
 * @param tokens variables such as `bos_token` and `eos_token`
 */
export function createChatRenderer(source: string | undefined, tokens: Readonly<Record<string, string>>): ChatRenderer {
  const compiled = new Map<string, Template>();
  const render = (text: string, messages: readonly unknown[], options: ChatOptions): string => {
    let template = compiled.get(text);
    if (!template) {
      try {
        template = new Template(text);
      } catch (error) {
        throw tokenizerError(
          'renderChat',
          'chat_template must be valid Jinja',
          String(error),
          'Mend chat_template in tokenizer_config.json.',
        );
      }
      compiled.set(text, template);
    }
    try {
      return template.render({
        ...tokens,
        ...options.variables,
        messages,
        add_generation_prompt: options.addGenerationPrompt ?? false,
        ...(options.tools ? { tools: options.tools } : {}),
      });
    } catch (error) {
      throw tokenizerError(
        'renderChat',
        'the chat template must accept the messages',
        error instanceof Error ? error.message : String(error),
        'Look at the order of roles that the template allows.',
      );
    }
  };
  const need = (): string => {
    if (source !== undefined) return source;
    throw tokenizerError(
      'renderChat',
      'the tokenizer must have a chat template',
      'none in tokenizer_config.json',
      'Pass chat_template in tokenizerConfig, for example QWEN2_CHAT_TEMPLATE.',
    );
  };
  const generation = /\{%(-?)\s*(end)?generation\s*(-?)%\}/g;
  return {
    render: (messages, options) => render(need(), messages, options),
    renderGenerated:
      source !== undefined && generation.test(source)
        ? (messages, options, [open, close]) =>
            // a block around the mark keeps what the tag did to the blanks on either side
            render(
              source.replace(
                generation,
                (_, left, end, right) => `{%${left} if true %}{{ '${end ? close : open}' }}{% endif ${right}%}`,
              ),
              messages,
              options,
            )
        : null,
  };
}

/** @throws Error naming the first message that is not `{ role, content }` */
export function expectMessages(
  functionName: string,
  messages: unknown,
): asserts messages is readonly TemplateMessage[] {
  const next = "Pass messages like [{ role: 'user', content: 'Hello' }].";
  if (!Array.isArray(messages))
    throw tokenizerError(functionName, 'messages must be an array', describeValue(messages), next);
  for (const [index, message] of messages.entries()) {
    for (const field of ['role', 'content']) {
      const value: unknown = (message as Record<string, unknown> | null)?.[field];
      if (typeof value !== 'string') {
        throw tokenizerError(
          functionName,
          `${field} must be a string`,
          `${describeValue(value)} at messages[${index}]`,
          next,
        );
      }
    }
  }
}
