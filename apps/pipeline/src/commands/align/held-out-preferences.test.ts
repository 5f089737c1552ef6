import { expect, test } from 'vitest';
import { holdOutPreferences } from './held-out-preferences.ts';

const rows = Array.from({ length: 400 }, (_, index) => ({ prompt: [`question ${index % 200}`], answer: index }));
const never = async () => {
  throw new Error('no set is read');
};
const split = (some: typeof rows, share: number, seed = 1) =>
  holdOutPreferences(some, { validation: { share }, seed }, never);

test('a prompt is on one side with all its answers, and on the same side whichever rows a round has', async () => {
  const { training, heldOut } = await split(rows, 0.25);
  expect(training.length + heldOut!.length).toBe(rows.length);
  expect(heldOut!.length / rows.length).toBeCloseTo(0.25, 1);
  const promptsOf = (some: readonly { prompt: string[] }[]) => [...new Set(some.map(({ prompt }) => prompt[0]!))];
  expect(promptsOf(training).filter((prompt) => promptsOf(heldOut!).includes(prompt))).toEqual([]);
  const later = await split(rows.slice(150, 320), 0.25);
  expect(promptsOf(heldOut!)).toEqual(expect.arrayContaining(promptsOf(later.heldOut!)));
  expect(promptsOf(training)).toEqual(expect.arrayContaining(promptsOf(later.training)));
  expect((await split(rows, 0.25, 2)).heldOut).not.toEqual(heldOut);
});

test('a set of its own takes nothing from training; without validation nothing is held out', async () => {
  const set = [{ prompt: ['other'], answer: 0 }];
  const own = { rows: { path: 'other.jsonl', badRows: 'refuse' as const } };
  const read = await holdOutPreferences(rows, { validation: own, seed: 1 }, async ({ path }) =>
    path === 'other.jsonl' ? set : [],
  );
  expect(read).toEqual({ training: rows, heldOut: set });
  expect(await holdOutPreferences(rows, { validation: undefined, seed: 1 }, never)).toEqual({
    training: rows,
    heldOut: undefined,
  });
  await expect(split(rows.slice(0, 1), 0.999)).rejects.toThrow('must leave rows to train on');
});
