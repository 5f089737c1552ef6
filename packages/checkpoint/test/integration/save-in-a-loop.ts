/**
 * Saves checkpoints one after another until it is killed, and says each step once it is safe. Run by `kill-during-save.test.ts`.
 */
import { createCheckpointStore } from '@marco-ts/checkpoint';

const store = createCheckpointStore(process.argv[2]!, { keepLast: 2 });
const loaded = await store.loadLatest();
for (let step = (loaded?.step ?? 0) + 1; ; step++) {
  const array = () => ({ shape: [50_000], data: new Float32Array(50_000).fill(step) });
  await store.save(step, {
    groups: { params: new Map([['x', array()]]), moments: new Map([['x', array()]]) },
    state: { step },
  });
  process.stdout.write(`${step}\n`);
}
