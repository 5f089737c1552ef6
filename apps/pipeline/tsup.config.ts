import { defineConfig } from 'tsup';
import shared from '../../tsup.shared.ts';

/** The library and the command; stages and backends are chunks that load when a command needs them. */
export default defineConfig({ ...shared, entry: ['src/index.ts', 'src/cli.ts'], splitting: true });
