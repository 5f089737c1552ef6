import { defineConfig } from 'tsup';

/** One build for every package: ESM with source maps. Type declarations come from `tsc`, which tsup 9 cannot drive at version 7. */
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm'],
  target: 'es2023',
  dts: false,
  sourcemap: true,
  clean: true,
});
