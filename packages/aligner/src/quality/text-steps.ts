/**
 * Steps that look at the text alone: the language of answers, lengths, and copies.
 *
 * Source of near duplicates: MinHash as in `@marco-ts/data`; of the language check: the language-consistency verifier of Sailor2.
 */
import {
  type Document,
  EXACT_DUPLICATE,
  exactDedup,
  type MinhashDedupOptions,
  minhashDedup,
  NEAR_DUPLICATE,
} from '@marco-ts/data';
import type { Conversation } from '../sft/conversation.ts';
import { answersOf, type DropReason, type QualityStep } from './quality-step.ts';

/** How languages are told, and which answers are checked. */
export interface LanguageConsistencyOptions {
  /** Of a text, such as `swh_Latn`; undefined where it cannot tell. */
  readonly identify: (text: string) => string | undefined;
  /** What an answer should be in; undefined is not checked. Default: the conversation's language. */
  readonly expected?: (conversation: Conversation) => string | undefined;
  /** Shorter answers are not checked: names and numbers have no language; default 20 letters. */
  readonly minLetters?: number;
}

/** Drops a conversation with an answer in another language than it should be. */
export function languageConsistencyStep(options: LanguageConsistencyOptions): QualityStep {
  const { identify, expected = ({ language }) => language, minLetters = 20 } = options;
  return {
    name: 'language_consistency',
    judge: (conversations) =>
      conversations.map((conversation): DropReason => {
        const wanted = expected(conversation);
        if (wanted === undefined) return undefined;
        for (const answer of answersOf(conversation)) {
          if ((answer.match(/\p{L}/gu)?.length ?? 0) < minLetters) continue;
          const found = identify(answer);
          if (found !== undefined && found !== wanted) return `answer_in_${found}`;
        }
        return undefined;
      }),
  };
}

/** Limits in characters, each inclusive. */
export interface LengthOptions {
  readonly minAnswer?: number;
  readonly maxAnswer?: number;
  readonly maxConversation?: number;
}

/**
 * A step that leaves out what is too short or too long.
 *
 * @param options lengths in characters; an answer or a whole conversation outside of them is left out, with the reason.
 */
export function lengthStep({
  minAnswer = 1,
  maxAnswer = Infinity,
  maxConversation = Infinity,
}: LengthOptions): QualityStep {
  return {
    name: 'length',
    judge: (conversations) =>
      conversations.map((conversation): DropReason => {
        const lengths = answersOf(conversation).map((answer) => answer.trim().length);
        if (Math.min(...lengths) < minAnswer) return 'answer_too_short';
        if (Math.max(...lengths) > maxAnswer) return 'answer_too_long';
        const total = conversation.messages.reduce((sum, { content }) => sum + content.length, 0);
        return total > maxConversation ? 'conversation_too_long' : undefined;
      }),
  };
}

/** Drops conversations that say the same, word by word, as an earlier one. */
export function exactDuplicateStep(): QualityStep {
  return duplicateStep(EXACT_DUPLICATE, async (documents) => {
    const kept: string[] = [];
    for await (const { id } of exactDedup(documents)) kept.push(id);
    return kept;
  });
}

/** Drops conversations that say nearly the same as an earlier one of their language. */
export function nearDuplicateStep(options: Pick<MinhashDedupOptions, 'config' | 'splitWords'> = {}): QualityStep {
  return duplicateStep(NEAR_DUPLICATE, async (documents) =>
    (await minhashDedup(documents, options)).kept.map(({ id }) => id),
  );
}

function duplicateStep(
  name: string,
  keptIds: (documents: readonly Document[]) => Promise<readonly string[]>,
): QualityStep {
  return {
    name,
    async judge(conversations) {
      const documents = conversations.map(({ messages, language }, index) => ({
        id: String(index),
        text: messages.map(({ content }) => content).join('\n'),
        language,
        metadata: {},
      }));
      const kept = new Set(await keptIds(documents));
      return documents.map(({ id }): DropReason => (kept.has(id) ? undefined : 'copy'));
    },
  };
}
