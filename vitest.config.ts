import { defineConfig } from 'vitest/config';

/** Packages resolve to their TypeScript sources, so tests need no build of their dependencies. */
const conditions = ['@marco-ts/source', 'node', 'import', 'module', 'default'];

/** Larger real data for tests; absent on most machines, and those tests then say that they are skipped. */
const testData = process.env.MARCO_TEST_DATA ?? '';

const project = (name: string, include: string[], testTimeout: number) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    env: { MARCO_TEST_DATA: testData },
    pool: 'forks' as const,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    globalSetup: 'scripts/temporary-directory.mjs',
    projects: [
      project('unit', ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'scripts/**/*.test.ts'], 30_000),
      project('golden', ['packages/*/test/golden/**/*.test.ts'], 120_000),
      project(
        'integration',
        ['packages/*/test/integration/**/*.test.ts', 'apps/*/test/integration/**/*.test.ts', 'examples/*.test.ts'],
        600_000,
      ),
      project('slow', ['packages/*/test/slow/**/*.test.ts', 'apps/*/test/slow/**/*.test.ts'], 1_800_000),
    ],
  },
});
