/**
 * What instruction tuning reads: messages, and what they are for, so that losses can be told apart by language or task.
 */
import type { ChatMessage } from '@marco-ts/tokenizer';

/** One conversation to learn from. */
export interface Conversation {
  readonly messages: readonly ChatMessage[];
  /** ISO 639-3 and script of what is to be learned, such as `swh_Latn`. */
  readonly language: string;
  /** Such as `translation`. */
  readonly task: string;
  /** Where it was read, such as `train.jsonl:12`: its name in errors and reports. */
  readonly where?: string;
  /** Function descriptions for templates that list them. */
  readonly tools?: readonly unknown[];
}

const ROLES = new Set(['system', 'user', 'assistant']);

/**
 * @param where names the row in errors, such as `conversations[12]`
 * @throws Error naming row and field for no messages, unknown roles, content that is no text, an empty answer, and no answer at all
 */
export function requireMessages(functionName: string, messages: readonly ChatMessage[], where: string): void {
  const refuse = (rule: string, got: string, field: string, next: string): never => {
    throw new Error(`[@marco-ts/aligner] ${functionName}: ${rule}, got ${got} at ${where}.${field}. ${next}`);
  };
  if (!Array.isArray(messages) || messages.length === 0) {
    refuse('a conversation must have messages', 'none', 'messages', 'Drop the row.');
  }
  for (const [index, message] of messages.entries()) {
    if (!ROLES.has(message.role)) {
      refuse(
        'a role must be system, user or assistant',
        JSON.stringify(message.role),
        `messages[${index}].role`,
        'Map the roles of your data to these.',
      );
    }
    if (typeof message.content !== 'string') {
      refuse(
        'content must be text',
        typeof message.content,
        `messages[${index}].content`,
        'Convert the row or drop it.',
      );
    }
    if (message.role === 'assistant' && message.content.trim() === '') {
      refuse(
        'an answer must not be empty',
        JSON.stringify(message.content),
        `messages[${index}].content`,
        'Drop the row.',
      );
    }
    if (message.role === 'system' && index > 0) {
      refuse(
        'a system message must come first',
        `position ${index}`,
        `messages[${index}].role`,
        'Merge it into the first message.',
      );
    }
  }
}
