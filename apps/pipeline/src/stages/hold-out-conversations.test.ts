import type { Conversation } from '@marco-ts/aligner';
import { expect, test } from 'vitest';
import { holdOutConversations } from './hold-out-conversations.ts';

const conversations = ['eng_Latn', 'swh_Latn'].flatMap((language, at) =>
  Array.from({ length: at === 0 ? 30 : 8 }, (_, index): Conversation => {
    const messages = [{ role: 'user', content: `${index}` }] as Conversation['messages'];
    return { messages, language, task: 'own' };
  }),
);

test('each is kept once, by the smaller of the limit and the share of its language, the same for one seed', () => {
  const { training, heldOut } = holdOutConversations(conversations, { maxPerLanguage: 2, share: 0.15, seed: 1 });
  expect(new Set([...training, ...heldOut])).toEqual(new Set(conversations));
  expect(training.length + heldOut.length).toBe(conversations.length);
  expect(heldOut.map(({ language }) => language)).toEqual(['eng_Latn', 'eng_Latn', 'swh_Latn']);
  expect(training).toEqual(conversations.filter((one) => training.includes(one)));
  const options = { maxPerLanguage: 2, share: 0.15 };
  expect(holdOutConversations(conversations, { ...options, seed: 1 }).heldOut).toEqual(heldOut);
  expect(holdOutConversations(conversations, { ...options, seed: 2 }).heldOut).not.toEqual(heldOut);
});
