/**
 * Runs the experiments of `claims.ts` one after the other through the real pipeline, and writes `docs/results.md` and its charts from all that
 * is finished. Stopped at any point, the same command goes on where it was: a finished run is never made again.
 *
 * Run: MARCO_TEST_DATA=DIR node --conditions=@marco-ts/source apps/pipeline/experiments/run-experiments.ts --output DIR [--only CLAIM] ...
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { BadInputError } from '../src/errors.ts';
import { RECIPE_FILE } from '../src/runner/run-directory.ts';
import { EXPORT_DIRECTORY } from '../src/stages/export-stage.ts';
import { baseSettings, type Claim, claims, SIZES, type Size } from './claims.ts';
import { measureRun } from './measure-run.ts';
import { runParallelFilter } from './parallel-filter.ts';
import { claimChart, claimSection, type FinishedRun } from './render-results.ts';
import { writeNewsCorpus } from './write-news-corpus.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const RESULT_FILE = 'experiment.json';

interface Planned {
  readonly claim: Claim;
  readonly variant: Claim['variants'][number];
  readonly size: Size;
  readonly seed: number;
  readonly directory: string;
}

const command = new Command('run-experiments')
  .requiredOption('--output <dir>', 'where runs are kept')
  .option('--only <claim...>', 'claims to run (default: all)')
  .option('--seeds <numbers>', 'comma-separated', '1,2,3')
  .option('--sizes <names>', `comma-separated, of ${Object.keys(SIZES).join(', ')}`, Object.keys(SIZES).join(','))
  .option('--threads <count>', 'of the wasm backend', '2')
  .option('--report-only', 'run nothing, write the results of what is there')
  .option('--dry-run', 'list the runs')
  .parse();
const options = command.opts<{
  output: string;
  only?: string[];
  seeds: string;
  sizes: string;
  threads: string;
  reportOnly?: boolean;
  dryRun?: boolean;
}>();
const output = resolve(options.output);
const newsDirectory = join(output, 'news');
const allClaims = claims(newsDirectory);

const planned = plan();
if (options.dryRun) {
  for (const { directory } of planned) console.log(directory);
} else {
  if (!options.reportOnly) {
    const testData = process.env.MARCO_TEST_DATA;
    if (!testData)
      throw new BadInputError(
        '[@marco-ts/pipeline] run-experiments: MARCO_TEST_DATA must name the folder with parallel/ntrex, got nothing. Set it.',
      );
    await writeNewsCorpus(testData, newsDirectory);
    for (const [index, run] of planned.entries()) {
      await runOnce(run, `${index + 1} of ${planned.length}`);
      await writeResults();
    }
  }
  await writeResults();
}

/** Seed by seed, so that whatever is finished compares all variants. */
function plan(): Planned[] {
  const chosen = allClaims.filter(({ name }) => options.only === undefined || options.only.includes(name));
  if (chosen.length === 0)
    throw new BadInputError(
      `[@marco-ts/pipeline] run-experiments: --only must name some of ${allClaims.map(({ name }) => name).join(', ')}, got ${options.only}.`,
    );
  return (options.sizes.split(',') as Size[]).flatMap((size) =>
    options.seeds.split(',').flatMap((seed) =>
      chosen.flatMap((claim) =>
        claim.variants.map((variant) => ({
          claim,
          variant,
          size,
          seed: Number(seed),
          directory: runDirectory(claim, variant, size, Number(seed)),
        })),
      ),
    ),
  );
}

function runDirectory({ name }: Claim, variant: Claim['variants'][number], size: Size, seed: number): string {
  return join(output, name, `${variant.name.replaceAll(' ', '-')}-${size}-seed-${seed}`);
}

async function runOnce(run: Planned, place: string): Promise<void> {
  const { claim, variant, size, seed, directory } = run;
  if (await exists(join(directory, RESULT_FILE))) return;
  console.log(`${new Date().toISOString()} ${place}: ${claim.name}, ${variant.name}, ${size}, seed ${seed}`);
  await mkdir(directory, { recursive: true });
  const startedAt = performance.now();
  const found = (await foundElsewhere(run)) ?? (await measureVariant(run));
  const finished = {
    seconds: Math.round((performance.now() - startedAt) / 1000),
    node: process.version,
    ...found,
    claim: claim.name,
    variant: variant.name,
    size,
    seed,
  };
  await writeFile(join(directory, RESULT_FILE), `${JSON.stringify(finished, null, 2)}\n`);
  await removeStages(directory);
}

/** The result of the same run under another claim. */
async function foundElsewhere({ variant, size, seed }: Planned): Promise<FinishedRun | undefined> {
  for (const claim of allClaims) {
    const same = claim.variants.find(({ settings, parallel }) =>
      isDeepStrictEqual([settings, parallel], [variant.settings, variant.parallel]),
    );
    const path = same && join(runDirectory(claim, same, size, seed), RESULT_FILE);
    if (path !== undefined && (await exists(path))) return JSON.parse(await readFile(path, 'utf8'));
  }
  return undefined;
}

async function measureVariant({
  variant,
  size,
  seed,
  directory,
}: Planned): Promise<Pick<FinishedRun, 'numParameters' | 'measures'>> {
  if (variant.parallel !== undefined) {
    const testData = process.env.MARCO_TEST_DATA!;
    return runParallelFilter({ testData, selection: variant.parallel, ...SIZES[size], seed });
  }
  if (variant.isAdaptation) {
    await runAdaptation(variant, size, seed, directory);
  } else {
    await runPipeline({ ...variant.settings, model: SIZES[size], seed }, directory);
  }
  const { numParameters } = JSON.parse(await readFile(join(directory, 'results.json'), 'utf8'));
  return { numParameters, measures: await measureRun(directory) };
}

/** From the English and Chinese model of this seed, which is trained when it is first wanted. */
async function runAdaptation(
  { settings }: Planned['variant'],
  size: Size,
  seed: number,
  directory: string,
): Promise<void> {
  const base = join(output, 'base', `${size}-seed-${seed}`);
  await runPipeline({ ...baseSettings(newsDirectory), model: SIZES[size], seed }, base);
  const model = join(base, (await readdir(base)).find((entry) => entry.endsWith('-export'))!, EXPORT_DIRECTORY);
  // Stages that all adaptations of a base have in common are made by the first of them.
  const common = `${base}-adapted`;
  const isFirst = !(await exists(join(common, RECIPE_FILE)));
  if (!isFirst && !(await exists(join(directory, RECIPE_FILE)))) await cp(common, directory, { recursive: true });
  await runPipeline({ ...settings, model: { kind: 'directory', directory: model }, seed }, directory);
  if (!isFirst) return;
  for (const entry of ['01-data', '02-tokenizer', '04-model', '05-evaluate-model', RECIPE_FILE]) {
    await cp(join(directory, entry), join(common, entry), { recursive: true });
  }
}

async function runPipeline(sections: Readonly<Record<string, unknown>>, directory: string): Promise<void> {
  const overrides = Object.entries(sections).flatMap(([key, value]) => [
    '--set',
    `${key}=${value === null ? 'null' : flow(value)}`,
  ]);
  await runCommand([
    'run',
    'tiny-cpu',
    '--output',
    directory,
    ...overrides,
    '--set',
    `backend={prefer: [wasm], numThreads: ${options.threads}}`,
  ]);
}

/** Models and shards are of no further use. */
async function removeStages(directory: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (/^\d\d-/.test(entry) && !entry.includes('evaluate-')) await rm(join(directory, entry), { recursive: true });
  }
}

/** A value on one line of YAML. */
function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}

function runCommand(parameters: readonly string[]): Promise<void> {
  const cli = join(REPOSITORY, 'apps/pipeline/src/cli.ts');
  const child = spawn(process.execPath, [...process.execArgv, cli, ...parameters], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', (code, signal) =>
      code === 0
        ? done()
        : fail(
            new Error(
              `[@marco-ts/pipeline] run-experiments: the run must end well, got ${signal ?? `exit code ${code}`} at ${parameters[3]}. See its run.log.`,
            ),
          ),
    );
  });
}

async function writeResults(): Promise<void> {
  const runs: FinishedRun[] = [];
  for (const claim of allClaims) {
    for (const entry of await readdir(join(output, claim.name)).catch(() => [])) {
      const path = join(output, claim.name, entry, RESULT_FILE);
      if (await exists(path)) runs.push(JSON.parse(await readFile(path, 'utf8')));
    }
  }
  if (runs.length === 0) return;
  const images = join(REPOSITORY, 'docs/images/results');
  await mkdir(images, { recursive: true });
  const sections: string[] = [];
  for (const claim of allClaims) {
    const section = claimSection(claim, runs, `images/results/${claim.name}.svg`);
    if (section === '') continue;
    sections.push(section);
    await writeFile(join(images, `${claim.name}.svg`), claimChart(claim, runs));
  }
  const intro = [
    '# Results',
    '',
    'The claims of Marco-LLM (arXiv:2412.04003) that a toy can try: variants of the recipe `tiny-cpu` that differ in one thing, on real text, mean ±',
    'standard deviation over seeds. Models of a million parameters say little about 7 billion; negative results are kept. Bits per byte: lower is',
    'better. Stages, rates and shares are tried in adapting a model of English and Chinese, 200,000 tokens old, by 120,000 tokens of NTREX-128 news in 20',
    'languages; parallel data in training from random weights; alignment on the Universal Declaration of Human Rights with all of `tiny-cpu` before it.',
    '',
    `Command: \`MARCO_TEST_DATA=DIR node --conditions=@marco-ts/source apps/pipeline/experiments/run-experiments.ts --output DIR\`, ${runs.length} runs`,
    `finished, on a machine with ${availableParallelism()} threads of ${cpus()[0]!.model}. Whiskers are two standard errors.`,
    '',
  ];
  await mkdir(dirname(images), { recursive: true });
  await writeFile(join(REPOSITORY, 'docs/results.md'), `${intro.join('\n')}\n${sections.join('\n')}`);
}

function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
