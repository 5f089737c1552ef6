/**
 * Exports a model directory and says the most bytes that its buffers held meanwhile. Run by `export-memory.test.ts`, in a process of its own so that
 * no other work's garbage counts.
 */
import { exportGguf } from '@marco-ts/checkpoint';

const [modelDirectory, path, dtype] = process.argv.slice(2);
let peak = 0;
let exporting = true;
const watch = (async () => {
  while (exporting) {
    peak = Math.max(peak, process.memoryUsage().arrayBuffers);
    await new Promise((resolve) => setImmediate(resolve));
  }
})();
await exportGguf({ modelDirectory: modelDirectory!, path: path!, dtype: dtype as 'F32' });
exporting = false;
await watch;
console.log(peak);
