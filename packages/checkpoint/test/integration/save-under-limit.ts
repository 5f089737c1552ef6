/**
 * Saves checkpoints of growing size until the limit of the process is met, and says what happened. Run by `full-disk.test.ts`.
 */
import { createCheckpointStore } from '@marco-ts/checkpoint';

const store = createCheckpointStore(process.argv[2]!, { keepLast: 2 });
for (let step = 1; ; step++) {
  const array = { shape: [step * 10_000], data: new Float32Array(step * 10_000).fill(step) };
  try {
    await store.save(step, { groups: { params: new Map([['x', array]]) }, state: { step } });
    process.stdout.write(`saved ${step}\n`);
  } catch (error) {
    process.stdout.write(`${(error as Error).message}\n`);
    break;
  }
}
