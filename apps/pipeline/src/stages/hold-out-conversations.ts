/** Some of your own conversations are kept from training, to be measured while it runs. */
import type { Conversation } from '@marco-ts/aligner';
import { createRandom } from '@marco-ts/core';

export interface HoldOutOptions {
  /** at most so many of each language */
  readonly maxPerLanguage: number;
  /** and never more than this share of it */
  readonly share: number;
  readonly seed: number;
}

/** @returns every conversation once, training ones in their order */
export function holdOutConversations(
  conversations: readonly Conversation[],
  { maxPerLanguage, share, seed }: HoldOutOptions,
): { readonly training: Conversation[]; readonly heldOut: Conversation[] } {
  const chosen = new Set<Conversation>();
  for (const [language, own] of Map.groupBy(conversations, (one) => one.language)) {
    const count = Math.min(maxPerLanguage, Math.floor(share * own.length));
    const order = createRandom(seed).fork(`held out ${language}`).permutation(own.length);
    for (const at of order.slice(0, count)) chosen.add(own[at]!);
  }
  return {
    training: conversations.filter((one) => !chosen.has(one)),
    heldOut: conversations.filter((one) => chosen.has(one)),
  };
}
