/**
 * Every benchmark by name, and the groups they are reported in.
 *
 * Units: a group's score weighs each task by its number of items, as lm-evaluation-harness does for these groups; the translation groups
 * count each direction once.
 */
import { inputError } from '../input-error.ts';
import { arcTasks } from './choice/arc.ts';
import { belebeleTasks } from './choice/belebele.ts';
import { hellaswagTasks } from './choice/hellaswag.ts';
import { multiblimpTasks } from './choice/multiblimp.ts';
import { xcopaTasks } from './choice/xcopa.ts';
import { xnliTasks } from './choice/xnli.ts';
import { xstoryclozeTasks } from './choice/xstorycloze.ts';
import { xwinogradTasks } from './choice/xwinograd.ts';
import type { TaskDefinition } from './definition/task-definition.ts';
import { agievalTasks } from './exams/agieval.ts';
import { cEvalTasks } from './exams/c-eval.ts';
import { cmmluTasks } from './exams/cmmlu.ts';
import { examsTasks, m3examTasks } from './exams/exams.ts';
import { globalMmluTasks } from './exams/global-mmlu.ts';
import { includeTasks } from './exams/include.ts';
import { mmluTasks } from './exams/mmlu.ts';
import { mmmluTasks } from './exams/mmmlu.ts';
import { okapiTasks } from './exams/okapi.ts';
import { mgsmTasks } from './generation/mgsm.ts';
import { tydiqaTasks } from './generation/tydiqa.ts';
import { xquadTasks } from './generation/xquad.ts';
import { HELD_OUT, HELD_OUT_KINDS, heldOutTask, heldOutTasks } from './held-out/held-out-tasks.ts';
import { nearestNames } from './nearest-names.ts';
import { floresTask, floresTasks } from './translation/flores.ts';
import { ntrexTasks } from './translation/ntrex.ts';
import { wmtTasks } from './translation/wmt.ts';

const FAMILIES = [
  belebeleTasks,
  xcopaTasks,
  xstoryclozeTasks,
  xnliTasks,
  xwinogradTasks,
  arcTasks,
  hellaswagTasks,
  multiblimpTasks,
  mmluTasks,
  mmmluTasks,
  globalMmluTasks,
  okapiTasks,
  cmmluTasks,
  cEvalTasks,
  agievalTasks,
  examsTasks,
  m3examTasks,
  includeTasks,
  tydiqaTasks,
  xquadTasks,
  mgsmTasks,
  floresTasks,
  ntrexTasks,
  wmtTasks,
  heldOutTasks,
];

let registry: ReadonlyMap<string, TaskDefinition> | undefined;
let groups: ReadonlyMap<string, readonly string[]> | undefined;

/** All tasks with fixed names; FLORES-200 pairs without English, and held-out text of further languages, are found by name but not listed. */
export function taskDefinitions(): ReadonlyMap<string, TaskDefinition> {
  registry ??= new Map(FAMILIES.flatMap((family) => family()).map((definition) => [definition.name, definition]));
  return registry;
}

/** Group name to the names of its tasks. */
export function taskGroups(): ReadonlyMap<string, readonly string[]> {
  if (groups) return groups;
  const members = [...taskDefinitions().values()].flatMap(({ name, groups }) =>
    groups.map((group) => ({ group, name })),
  );
  groups = new Map(
    [...Map.groupBy(members, ({ group }) => group)].map(([group, own]) => [group, own.map(({ name }) => name)]),
  );
  return groups;
}

/**
 * The tasks that names stand for: tasks, groups, and patterns with `*` such as 'belebele_*_Latn'.
 * @returns each task once, in the order asked for
 * @throws Error when a name stands for nothing, with the nearest names
 */
export function findTasks(names: readonly string[]): TaskDefinition[] {
  const found = new Map<string, TaskDefinition>();
  for (const name of names) for (const definition of tasksNamed(name)) found.set(definition.name, definition);
  return [...found.values()];
}

function tasksNamed(name: string): TaskDefinition[] {
  const all = taskDefinitions();
  const own = all.get(name);
  if (own) return [own];
  const group = taskGroups().get(name);
  if (group) return group.map((member) => all.get(member)!);
  if (name.includes('*')) {
    const literal = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
    const pattern = new RegExp(`^${name.split('*').map(literal).join('.*')}$`);
    const matches = [...all.values()].filter((definition) => pattern.test(definition.name));
    if (matches.length > 0) return matches;
  }
  const pair = /^flores200_(\w{3}_\w{4})-(\w{3}_\w{4})$/.exec(name);
  if (pair && pair[1] !== pair[2]) return [floresTask(pair[1]!, pair[2]!)];
  const heldOut = new RegExp(`^${HELD_OUT}_(${HELD_OUT_KINDS.join('|')})_([a-z]{3}_[A-Z][a-z]{3})$`).exec(name);
  if (heldOut) return [heldOutTask(HELD_OUT_KINDS.find((kind) => kind === heldOut[1])!, heldOut[2]!)];
  const near = nearestNames(name, [...taskGroups().keys(), ...all.keys()]);
  throw inputError('findTasks', `a task must be one of the registry, got '${name}'. Did you mean ${near.join(', ')}?`);
}
