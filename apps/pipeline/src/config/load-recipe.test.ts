import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BACKEND_NAMES as CORE_BACKEND_NAMES } from '@marco-ts/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tinyCpu } from '../recipes/tiny-cpu.ts';
import { checkRecipe } from './check-recipe.ts';
import { ConfigError } from './config-problem.ts';
import { loadRecipe } from './load-recipe.ts';
import { nearestName } from './nearest-name.ts';
import { BACKEND_NAMES, recipeSchema } from './recipe-schema.ts';
import { PREFERENCE_LOSSES } from './schema/tuning-sections.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'marco-config-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function problemsOf(name: string, settings: string[] = []): Promise<string[]> {
  const error = await loadRecipe(name, settings).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw error;
  return error.problems.map(({ place, message }) => (place === undefined ? message : `${place}: ${message}`));
}

/** A recipe whose values tests may spoil. */
// biome-ignore lint/suspicious/noExplicitAny: tests put values of any type anywhere
type Loose = any;
const loose = (): Loose => structuredClone(tinyCpu());

describe('checking', () => {
  test('built-in recipes are valid and backends are those of core', () => {
    expect(checkRecipe(tinyCpu())).toEqual({ recipe: tinyCpu() });
    expect([...BACKEND_NAMES]).toEqual([...CORE_BACKEND_NAMES]);
  });

  test('every problem is told at once, with path, what came and the nearest name', () => {
    const recipe = loose();
    recipe.pretrain.stages[0].learningrate = recipe.pretrain.stages[0].learningRate;
    delete recipe.pretrain.stages[0].learningRate;
    recipe.pretrain.stages[1].shares.english += 0.5;
    recipe.backend.prefer = ['wsam'];
    recipe.data.source = { kind: 'udrh' };
    recipe.preference.lossTypes = ['sigmod'];
    recipe.seed = 1.5;
    recipe.tokenizer = 4096;
    recipe.model.hiddenSize = 130;
    recipe.model.numAttentionHeads = 4;
    recipe.model.numKeyValueHeads = 2;
    recipe.eval.batchTokens = -1;
    recipe.sft.lr = 1;
    recipe.beta = 0.1;
    delete recipe.export;
    const checked = checkRecipe(recipe);
    if ('recipe' in checked) throw new Error('taken as valid');
    expect(checked.problems.map(({ message }) => message).sort()).toEqual(
      [
        'unknown key "learningrate" at pretrain.stages[0]; did you mean "learningRate"?',
        'unknown key "lr" at sft; did you mean "learningRate"?',
        'unknown key "beta" at the top of the recipe; did you mean preference.beta?',
        'pretrain.stages[1].shares: shares must add up to 1, got 1.5',
        `backend.prefer[0]: expected one of ${BACKEND_NAMES.map((name) => `"${name}"`).join(', ')}, got "wsam"; did you mean "wasm"?`,
        'data.source.kind: expected one of "udhr", "directory", got "udrh"; did you mean "udhr"?',
        `preference.lossTypes[0]: expected one of ${PREFERENCE_LOSSES.map((name) => `"${name}"`).join(', ')}, got "sigmod"; did you mean "sigmoid"?`,
        'seed: expected a whole number, got 1.5',
        'tokenizer: expected a section, got 4096',
        'model.hiddenSize: must be a multiple of numAttentionHeads 4, got 130',
        'eval.batchTokens: expected more than 0, got -1',
        'missing key "export" at the top of the recipe; expected a section',
      ].sort(),
    );
  });

  test.each([null, 7, 'text', []])('%j is not a recipe', (value) => {
    const checked = checkRecipe(value);
    expect('problems' in checked && checked.problems[0]?.message).toMatch(
      /^the top of the recipe: expected a section, got /,
    );
  });

  test('every key of the recipe is known to the schema and no unknown key passes, at any depth', () => {
    const visit = (value: unknown, path: (string | number)[]): void => {
      if (typeof value !== 'object' || value === null) return;
      if (Array.isArray(value)) {
        for (const [index, item] of value.entries()) visit(item, [...path, index]);
        return;
      }
      const spoiled = loose();
      const section = path.reduce((inner: Loose, part) => inner[part], spoiled);
      section.zzzz = 1;
      expect(recipeSchema.safeParse(spoiled).success, path.join('.')).toBe(false);
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    };
    visit(tinyCpu(), []);
  });

  test('rules between sections are told together with all others', () => {
    const recipe = loose();
    recipe.data.parallel.pivotLanguage = 'epo_Latn';
    recipe.model.maxPositionEmbeddings = 200;
    recipe.eval.sampleMaxNewTokens = 200;
    recipe.data.source = { kind: 'directory', directory: 'texts', language: 'eng_Latn', textField: 'text' };
    recipe.seed = -1;
    const checked = checkRecipe(recipe);
    if ('recipe' in checked) throw new Error('taken as valid');
    expect(checked.problems.map(({ message }) => message)).toEqual([
      'seed: expected at least 0, got -1',
      'data.parallel.pivotLanguage: must be in a tier of data.tiers, got "epo_Latn"; add it there or take another',
      'sft.sequenceLength: must not be above model.maxPositionEmbeddings 200, got 256',
      'preference.sequenceLength: must not be above model.maxPositionEmbeddings 200, got 256',
      'eval.sampleMaxNewTokens: must be below model.maxPositionEmbeddings 200, got 200',
      'sft: is made from translations and needs data.source.groupField; name the field that translations share, or leave sft out (YAML: sft: null)',
      'preference: is made from translations and needs data.source.groupField; name the field that translations share, or leave preference out (YAML: preference: null)',
    ]);
    const fits = loose();
    fits.data.source = { ...recipe.data.source, groupField: 'page' };
    expect(checkRecipe(fits)).toHaveProperty('recipe');
    delete fits.data.source.groupField;
    delete fits.sft;
    delete fits.preference;
    expect(checkRecipe(fits)).toHaveProperty('recipe');
  });

  test('options of a training section that exclude or need each other', () => {
    const recipe = loose();
    recipe.pretrain.lora = { rank: 8 };
    recipe.pretrain.stageTransition = 'continue';
    recipe.sft.lora = { rank: 8, alpha: 16, targetModules: ['q_proj'] };
    recipe.sft.freeze = ['model.embed_tokens.*'];
    recipe.preference.watch = { metric: 'bits_per_byte/all' };
    const checked = checkRecipe(recipe);
    expect('problems' in checked && checked.problems.map(({ message }) => message)).toEqual([
      'pretrain.stageTransition: must be rewarm with lora, whose every stage begins a new adapter, got continue',
      'sft.freeze: goes without lora, which freezes every weight; take one of them away',
      'preference.watch: watches a validation metric; say every how many steps with evaluateEverySteps',
    ]);
  });

  test('a mistyped language is told, not what is missing because of it', () => {
    const recipe = loose();
    recipe.data.tiers.english = ['eng'];
    const checked = checkRecipe(recipe);
    expect('problems' in checked && checked.problems.map(({ message }) => message)).toEqual([
      'data.tiers.english[0]: must be ISO 639-3 plus script, like "swh_Latn", got "eng"',
    ]);
  });

  test('a recipe of one language is one; of none it is not', () => {
    const recipe = loose();
    recipe.data.tiers = { english: [], chinese: [], high: [], low: ['swh_Latn'] };
    recipe.data.parallel.pivotLanguage = 'swh_Latn';
    expect(checkRecipe(recipe)).toHaveProperty('recipe');
    recipe.data.tiers.low = [];
    const checked = checkRecipe(recipe);
    expect('problems' in checked && checked.problems.map(({ message }) => message)).toEqual([
      'data.tiers.english: of the tiers one must have a language',
    ]);
  });

  test('nearest names', () => {
    expect(nearestName('learningrate', ['learningRate', 'loss'])).toBe('learningRate');
    expect(nearestName('max_grad_norm', ['maxGradNorm'])).toBe('maxGradNorm');
    expect(nearestName('vocabSzie', ['vocabSize', 'minFrequency'])).toBe('vocabSize');
    expect(nearestName('banana', ['vocabSize', 'minFrequency'])).toBeUndefined();
  });
});

describe('YAML', () => {
  test('extends a built-in by deep override; lists replace, null takes an optional key away', async () => {
    const path = file(
      'mine.yaml',
      'extends: tiny-cpu\nname: mine\nbackend: { prefer: [cpu], numThreads: 3 }\nsft:\n  numEpochs: 2\n',
    );
    const { recipe } = await loadRecipe(path, ['backend.numThreads=null']);
    const base = tinyCpu();
    expect(recipe).toEqual({
      ...base,
      name: 'mine',
      backend: { prefer: ['cpu'] },
      sft: { ...base.sft, numEpochs: 2 },
    });
  });

  test('a source of another kind replaces the whole section', async () => {
    const path = file(
      'own.yaml',
      'extends: tiny-cpu\nname: own\nsft: null\npreference: null\ndata:\n  source: { kind: directory, directory: texts, language: eng_Latn, textField: text }\n',
    );
    expect((await loadRecipe(path)).recipe.data.source).toEqual({
      kind: 'directory',
      directory: 'texts',
      language: 'eng_Latn',
      textField: 'text',
    });
  });

  test('keys may be snake_case or as other trainers name them, but not twice', async () => {
    const path = file(
      'names.yml',
      'extends: tiny-cpu\nrun_name: names\nsft:\n  per_device_train_batch_size: 6\n  learning_rate: 1e-5\n  max_grad_norm: 0.5\n',
    );
    expect((await loadRecipe(path)).recipe).toMatchObject({
      name: 'names',
      sft: { microBatchSize: 6, learningRate: 1e-5, maxGradNorm: 0.5 },
    });
    const twice = file('twice.yaml', 'extends: tiny-cpu\nname: x\nsft:\n  microBatchSize: 3\n  micro_batch_size: 4\n');
    expect(await problemsOf(twice)).toEqual([
      `${twice}:5:3: "micro_batch_size" at sft gives microBatchSize a second time; keep one of them`,
    ]);
  });

  test('problems name line and column of what was written, also under a familiar name and inside lists', async () => {
    const path = file(
      'bad.yaml',
      [
        '# a comment',
        'extends: tiny-cpu',
        'name: bad',
        'sft:',
        '  per_device_train_batch_size: 0.5',
        '  batch_size: 3',
        'eval:',
        '    translationLanguages:',
        '      - fra_Latn',
        '      - french',
      ].join('\n'),
    );
    expect(await problemsOf(path)).toEqual([
      `${path}:6:3: unknown key "batch_size" at sft; did you mean "microBatchSize"?`,
      `${path}:5:3: sft.microBatchSize: expected a whole number, got 0.5`,
      `${path}:10:9: eval.translationLanguages[1]: must be ISO 639-3 plus script, like "swh_Latn", got "french"`,
    ]);
  });

  test('syntax errors name line and column', async () => {
    const path = file('syntax.yaml', 'extends: tiny-cpu\nname: [a\nseed: 1\n');
    expect((await problemsOf(path))[0]).toMatch(/syntax\.yaml:3:1: .*\]/);
    const twice = file('twice-key.yaml', 'name: a\nname: b\n');
    expect((await problemsOf(twice))[0]).toMatch(/twice-key\.yaml:2:1: Map keys must be unique/);
  });

  test('an unknown base, a missing name and an empty file are told', async () => {
    expect(await problemsOf(file('base.yaml', 'extends: tiny-gpu\n'))).toEqual([
      'extends: expected a built-in recipe (tiny-cpu), got "tiny-gpu"; did you mean "tiny-cpu"?',
    ]);
    expect((await problemsOf(file('nameless.yaml', 'extends: tiny-cpu\nseed: 1\n')))[0]).toContain(
      'needs a name of its own',
    );
    expect(await problemsOf(file('empty.yaml', ''))).toContain(
      'missing key "seed" at the top of the recipe; expected a number',
    );
    expect((await problemsOf(file('list.yaml', '- a\n')))[0]).toContain('list.yaml:1:1: expected a recipe');
  });
});

describe('TypeScript and JavaScript', () => {
  test('a function in a .ts file is run with its types stripped', async () => {
    const recipe = JSON.stringify({ ...tinyCpu(), name: 'from-ts' });
    const path = file(
      'recipe.mts',
      `interface R { name: string }\nexport default async function (): Promise<R> { return ${recipe}; }\n`,
    );
    expect((await loadRecipe(path)).recipe).toEqual({ ...tinyCpu(), name: 'from-ts' });
  });

  test.each([
    ['none.mjs', 'export const recipe = {};', 'no default export'],
    ['object.mjs', 'export default {};', 'object'],
    ['throws.mjs', 'export default () => { throw new RangeError("no"); };', 'RangeError: no'],
    ['syntax.mjs', 'export default (', 'a recipe file must run, got'],
    [
      'cycle.mjs',
      'export default () => { const a = {}; a.a = a; return a; };',
      'TypeError: Converting circular structure',
    ],
  ])('%s is refused with what is wrong', async (name, text, message) => {
    await expect(loadRecipe(file(name, text))).rejects.toThrow(message);
  });

  test('what it returns is checked like any recipe', async () => {
    expect(await problemsOf(file('nothing.mjs', 'export default () => undefined;'))).toEqual([
      'the top of the recipe: expected a section, got null',
    ]);
  });
});

describe('names and --set', () => {
  test('unknown names and files', async () => {
    await expect(loadRecipe('tiny_cpu')).rejects.toThrow('Did you mean "tiny-cpu"?');
    await expect(loadRecipe('constructor')).rejects.toThrow('a recipe is a built-in');
    await expect(loadRecipe(join(directory, 'absent.yaml'))).rejects.toThrow('got nothing at');
  });

  test('settings reach into sections and lists and are named when they are wrong', async () => {
    const { recipe } = await loadRecipe('tiny-cpu', [
      'pretrain.stages[1].learningRate=0.002',
      'pretrain.stages.0.numTokens=1000',
      'eval.translationLanguages=[fra_Latn]',
      'model={hiddenSize: 64}',
    ]);
    expect(recipe.pretrain.stages[1]!.learningRate).toBe(0.002);
    expect(recipe.pretrain.stages[0]!.numTokens).toBe(1000);
    expect(recipe.eval.translationLanguages).toEqual(['fra_Latn']);
    expect(recipe.model).toEqual({ ...tinyCpu().model, hiddenSize: 64 });
    expect(await problemsOf('tiny-cpu', ['seed=-1', 'pretrian.maxEpochs=3'])).toEqual([
      '--set pretrian.maxEpochs=3: unknown key "pretrian" at the top of the recipe; did you mean "pretrain"?',
      '--set seed=-1: seed: expected at least 0, got -1',
    ]);
  });

  test.each([
    ['seed', '--set takes path=value'],
    ['pretrain.stages[7].numTokens=1', 'got position "7"'],
    ['seed.deep=1', `seed is ${tinyCpu().seed} and has no "deep"`],
    ['seed=[1', 'the value must be YAML'],
  ])('%s is refused', async (setting, message) => {
    await expect(loadRecipe('tiny-cpu', [setting])).rejects.toThrow(message);
  });
});
