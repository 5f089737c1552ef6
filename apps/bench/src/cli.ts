#!/usr/bin/env node
/**
 * `pnpm bench <suite...>`: measures beside the peers, prints a table and writes bench/results/<suite>.json.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { findPython } from './contestants/find-python.ts';
import { formatTable } from './report/format-table.ts';
import { writeResults } from './report/results-writer.ts';
import { repositoryRoot } from './repository-root.ts';
import { findSuite, runSuite } from './run-suite.ts';
import type { BenchCase } from './suite.ts';
import { SUITES } from './suites/index.ts';

const list = SUITES.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join('\n');

const program = new Command('bench')
  .description('Measures marco-ts beside its peers, in turns in one run.')
  .argument('<suites...>', "names of suites, or 'all'")
  .option('--python <path>', 'Python or virtual environment of the peers (default: MARCO_PEERS_PYTHON or .venv-peers)')
  .option('--threads <number>', 'threads for ours and for the peers', wholeNumber, Math.min(2, availableParallelism()))
  .option('--size <megabytes>', 'text that whole data plans run over (default: 1000)', wholeNumber)
  .option('--rows <directory>', 'data sets whose real rows the suite eval asks (default: made rows)')
  .option('--rounds <number>', 'turns that each contestant takes (default: what the suite needs)', wholeNumber)
  .option('--only <text>', 'only cases whose name contains this', '')
  .option('--output <directory>', 'where <suite>.json goes', join(repositoryRoot(), 'bench', 'results'))
  .addHelpText('after', `\nSuites:\n${list}`)
  .action(async (names: string[], options: Options) => {
    const suites = names.includes('all') ? SUITES : names.map((name) => findSuite(name, SUITES));
    for (const suite of suites) {
      const results = await runSuite(suite, {
        rounds: options.rounds,
        sizeMegabytes: options.size,
        rowsDirectory: options.rows,
        threads: options.threads,
        only: options.only,
        python: findPython(options.python ?? process.env.MARCO_PEERS_PYTHON),
        testData: process.env.MARCO_TEST_DATA || undefined,
        // With the numbers, so that a run that is cut off has said them.
        onCase: (measured) => process.stderr.write(`${suite.name}: ${describeCase(measured)}\n`),
      });
      const path = await writeResults(options.output, results);
      console.log(`${formatTable(results)}\n\nwritten to ${path}`);
    }
  });

interface Options {
  readonly python?: string;
  readonly threads: number;
  readonly rounds?: number;
  readonly size?: number;
  readonly rows?: string;
  readonly only: string;
  readonly output: string;
}

function describeCase({ case: name, unit, ours, peers }: BenchCase): string {
  const values = peers.map((peer) => `${peer.name} ${peer.value.toPrecision(4)}`);
  return [`${name}: ours ${ours.toPrecision(4)} ${unit}`, ...values].join(', ');
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`must be a whole number from 1, got ${text}.`);
  return value;
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
