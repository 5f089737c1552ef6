import { defineConfig } from 'tsup';
import shared from '../../tsup.shared.ts';

/** The library, the command, and the programs that suites start as processes of their own. */
export default defineConfig({
  ...shared,
  entry: { index: 'src/index.ts', cli: 'src/cli.ts', 'programs/tensors': 'src/programs/tensors.ts' },
  splitting: true,
});
