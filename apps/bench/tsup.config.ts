import { readdirSync } from 'node:fs';
import { defineConfig } from 'tsup';
import shared from '../../tsup.shared.ts';

/** Suites start these as processes of their own: the files of src/programs that answer requests. */
const programs = readdirSync(new URL('./src/programs', import.meta.url)).filter((file) => file.endsWith('.program.ts'));

export default defineConfig({
  ...shared,
  entry: {
    index: 'src/index.ts',
    cli: 'src/cli.ts',
    ...Object.fromEntries(programs.map((file) => [`programs/${file.slice(0, -3)}`, `src/programs/${file}`])),
  },
  splitting: true,
});
