/**
 * Checks a plain value against the schema of data plans and says everything that is wrong at once.
 */
import type { z } from 'zod';
import { type DataPlan, dataPlanSchema, isPairInput } from './data-plan.ts';

/** One thing that is wrong, and where. */
export interface PlanProblem {
  readonly path: readonly (string | number)[];
  /** The rule and what came; one line. */
  readonly message: string;
}

/** The plan with its defaults, or everything that is wrong with it. */
export type CheckedDataPlan = { readonly plan: DataPlan } | { readonly problems: readonly PlanProblem[] };

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
};

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function problemsOf(issue: z.core.$ZodIssue, value: unknown): PlanProblem[] {
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') {
    const valid = keysAt(path, value);
    const next = valid.length === 0 ? '' : `; valid keys: ${valid.join(', ')}`;
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key "${key}"${next}` }));
  }
  if (issue.code === 'invalid_union' && 'discriminator' in issue && issue.discriminator === 'step') {
    return [
      {
        path: [...path],
        message: `expected one of ${STEP_NAMES.map((name) => `"${name}"`).join(', ')}, got ${show(valueAt(value, path) ?? valueAt(value, path.slice(0, -1)))}`,
      },
    ];
  }
  if (issue.code === 'invalid_union') {
    // what is wrong with the one form that a value of this type can have
    const form = issue.errors.find(
      (inner) => !inner.some((one) => one.path.length === 0 && one.code === 'invalid_type'),
    );
    if (form !== undefined)
      return form.flatMap((inner) => problemsOf({ ...inner, path: [...path, ...inner.path] }, value));
  }
  const [first, ...rest] = issue.message.replace(/^Invalid input: /, '');
  return [{ path, message: `${first?.toLowerCase()}${rest.join('')}, got ${show(valueAt(value, path))}` }];
}

/** Keys that a plan may have in one of its sections. */
function keysAt(path: readonly (string | number)[], value: unknown): string[] {
  const { inputs, slurm, kubernetes } = dataPlanSchema.shape;
  switch (path[0]) {
    case undefined:
      return Object.keys(dataPlanSchema.shape);
    case 'inputs':
      return Object.keys(inputs.element.shape);
    case 'slurm':
      return Object.keys(slurm.unwrap().shape);
    case 'kubernetes':
      return Object.keys(kubernetes.unwrap().shape);
    default: {
      if (path.length > 2) return [];
      const name = valueAt(value, [...path, 'step']);
      return Object.keys(stepSchemas().find(({ shape }) => shape.step.value === name)?.shape ?? {});
    }
  }
}

interface StepSchema {
  readonly shape: { readonly step: { readonly value: string } };
}

function stepSchemas(): readonly StepSchema[] {
  return (dataPlanSchema.shape.steps.element.out as unknown as { options: StepSchema[] }).options;
}

/** Every step that a plan can have. */
export const STEP_NAMES: readonly string[] = stepSchemas().map(({ shape }) => shape.step.value);

/** Steps that take pairs; after `render` there are documents. */
const STEPS_ON_PAIRS = new Set([
  'normalize',
  'repairMojibake',
  'maskPersonalData',
  'parallel',
  'decontaminate',
  'quality',
  'dedup',
  'write',
  'render',
]);

function aboutPairs({ inputs, steps }: DataPlan): PlanProblem[] {
  const problems: PlanProblem[] = [];
  const numPairInputs = inputs.filter(isPairInput).length;
  for (const [index, input] of inputs.entries()) {
    const { sourceLanguage, targetLanguage, format, targetPath } = input;
    const say = (message: string): void => void problems.push({ path: ['inputs', index], message });
    if ((sourceLanguage === undefined) !== (targetLanguage === undefined))
      say('sourceLanguage and targetLanguage go together');
    else if (sourceLanguage !== undefined && sourceLanguage === targetLanguage)
      say('sourceLanguage and targetLanguage must differ');
    else if (isPairInput(input) !== numPairInputs > 0)
      say('all inputs must hold translation pairs, or none: write two plans');
    if (targetPath !== undefined && (format ?? 'moses') !== 'moses') say('targetPath is for format "moses"');
    if (sourceLanguage === undefined && (format === 'moses' || targetPath !== undefined))
      say('translation pairs need sourceLanguage and targetLanguage');
  }
  const rendered = steps.findIndex(({ step }) => step === 'render');
  for (const [index, step] of steps.entries()) {
    const say = (message: string): void => void problems.push({ path: ['steps', index], message });
    const { step: name } = step;
    if (numPairInputs === 0) {
      if (name === 'parallel' || name === 'render')
        say(`${name} takes translation pairs: name sourceLanguage and targetLanguage of the inputs`);
    } else if (rendered >= 0 && index > rendered) {
      if (name !== 'tokenize' && (name !== 'write' || index > rendered + 1))
        say(`after render only one write and tokenize may come, got "${name}"`);
    } else if (!STEPS_ON_PAIRS.has(name)) {
      say(
        `${name} takes documents, and inputs hold translation pairs${name === 'tokenize' ? ': put render before it' : ''}`,
      );
    } else if (step.step === 'dedup' && step.by !== 'document' && step.by !== 'minhash') {
      say('pairs are compared by: document or by: minhash');
    } else if (step.step === 'write' && !/\.jsonl(\.gz|\.zst)?$/.test(step.path)) {
      say('pairs are written as .jsonl, .jsonl.gz or .jsonl.zst');
    }
  }
  return problems;
}

function acrossSteps(plan: DataPlan): PlanProblem[] {
  const problems: PlanProblem[] = [];
  const say = (index: number, message: string): void => {
    problems.push({ path: ['steps', index], message });
  };
  for (const [index, step] of plan.steps.entries()) {
    const following = plan.steps[index + 1];
    if (step.step === 'tokenize' && following !== undefined) say(index, 'tokenize must be the last step');
    if (
      step.step === 'write' &&
      following?.step === 'tokenize' &&
      following.source.includes('${language}') &&
      !step.path.includes('${language}')
    ) {
      say(index, 'path must hold ${language}, because the step after it tokenizes by language');
    }
    if (step.step === 'write' && !step.path.includes('${rank}'))
      say(index, 'path must hold ${rank}, the number of a file');
    if (step.step === 'write' && (step.path.startsWith('/') || step.path.split('/').includes('..')))
      say(index, 'path must stay below the output');
  }
  const last = plan.steps.at(-1)!;
  if (last.step !== 'write' && last.step !== 'tokenize')
    say(plan.steps.length - 1, `the last step must be "write" or "tokenize", got "${last.step}"`);
  for (const language of Object.keys(plan.thresholds)) {
    if (language !== 'default' && !/^[a-z]{3}_[A-Z][a-z]{3}$/.test(language))
      problems.push({
        path: ['thresholds', language],
        message: 'must be "default" or ISO 639-3 plus script, like "swh_Latn"',
      });
  }
  return problems;
}

/** @returns the plan with all defaults, or every problem */
export function checkDataPlan(value: unknown): CheckedDataPlan {
  const parsed = dataPlanSchema.safeParse(value);
  if (!parsed.success) return { problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, value)) };
  const problems = [...acrossSteps(parsed.data), ...aboutPairs(parsed.data)];
  return problems.length === 0 ? { plan: parsed.data } : { problems };
}
