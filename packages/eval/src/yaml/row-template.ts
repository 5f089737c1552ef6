/**
 * Jinja templates over the fields of a row, rendered as lm-evaluation-harness renders them: white space around blocks stays, a last line end
 * stays, a field that the row lacks is an error.
 *
 * Source: `apply_template` of lm-evaluation-harness 0.4.13; the language itself is `@huggingface/jinja`.
 * Differs: lists come out as JSON, not as Python shows them; of list methods there is `index`.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { inputError } from '../input-error.ts';
import type { Row } from '../tasks/definition/task-definition.ts';

const LIST_INDEX = /(\[[^\]]*\]|[\w.]+(?:\[[^\]]*\])?)\.index\(((?:[^()]|\([^()]*\))*)\)/g;
const CONSTANTS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['none', null],
  ['True', true],
  ['False', false],
  ['None', null],
];
const GLOBALS = new Set(['loop', 'index_of', ...CONSTANTS.map(([name]) => name)]);

/**
 * @param where names the field for errors, such as 'doc_to_text of my_task'
 * @returns the rendering of a row
 * @throws Error when the template cannot be read; on rendering, when a field is missing
 */
export function rowTemplate(template: string, where: string): (row: Row) => string {
  const source = template.replaceAll(LIST_INDEX, 'index_of($1, $2)');
  let program: ReturnType<typeof parse>;
  try {
    // The tokenizer takes one line end off.
    program = parse(
      tokenize(source.endsWith('\n') ? `${source}\n` : source, { lstrip_blocks: false, trim_blocks: false }),
    );
  } catch (error) {
    throw inputError(
      'rowTemplate',
      `${where} must be a Jinja template, got '${template.slice(0, 80)}': ${(error as Error).message}.`,
    );
  }
  const names = [...freeNames(program)];
  return (row) => {
    const missing = names.find((name) => !Object.hasOwn(row, name));
    if (missing !== undefined) {
      throw inputError(
        'rowTemplate',
        `${where} names the field '${missing}', got a row with ${Object.keys(row).join(', ')}.`,
      );
    }
    const environment = new Environment();
    for (const [name, value] of CONSTANTS) environment.set(name, value);
    environment.set('index_of', (list: readonly unknown[], item: unknown) => indexOf(list, item, where));
    for (const name of names) environment.set(name, row[name] ?? null);
    try {
      return String(new Interpreter(environment).run(program).value);
    } catch (error) {
      throw inputError(
        'rowTemplate',
        `${where} must be renderable, got '${template.slice(0, 80)}': ${(error as Error).message}.`,
      );
    }
  };
}

function indexOf(list: readonly unknown[], item: unknown, where: string): number {
  // The interpreter hands over a list of its own values, and anything else as it is.
  const values = list.map((value) =>
    typeof value === 'object' && value !== null && 'value' in value ? value.value : value,
  );
  const index = values.indexOf(item);
  if (index >= 0) return index;
  throw inputError(
    'rowTemplate',
    `${where} looks for ${JSON.stringify(item)} in ${JSON.stringify(values)}, which does not hold it.`,
  );
}

type Node = { readonly type: string } & Record<string, unknown>;

/** Names that must come from the row: all that are read, without those that the template sets itself. */
function freeNames(root: unknown): Set<string> {
  const read = new Set<string>();
  const set = new Set(GLOBALS);
  const visit = (value: unknown, key: string, parent: Node | undefined): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, key, parent);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (value instanceof Map) {
      for (const [first, second] of value) {
        visit(first, key, parent);
        visit(second, key, parent);
      }
      return;
    }
    const node = value as Node;
    if (node.type === 'Identifier') {
      const isMember = parent?.type === 'MemberExpression' && key === 'property' && parent.computed === false;
      const isRule =
        (parent?.type === 'FilterExpression' && key === 'filter') ||
        (parent?.type === 'TestExpression' && key === 'test');
      const isArgument = parent?.type === 'KeywordArgumentExpression' && key === 'key';
      const isFilterCall = parent?.type === 'CallExpression' && key === 'callee' && parent.isFilter === true;
      if (isMember || isRule || isArgument || isFilterCall) return;
      if ((parent?.type === 'Set' && key === 'assignee') || (parent?.type === 'For' && key === 'loopvar'))
        set.add(String(node.value));
      else read.add(String(node.value));
      return;
    }
    const isFilter = parent?.type === 'FilterExpression' && key === 'filter' && node.type === 'CallExpression';
    const own = isFilter ? { ...node, isFilter: true } : node;
    for (const [name, child] of Object.entries(own)) visit(child, name, own);
  };
  visit(root, '', undefined);
  return new Set([...read].filter((name) => !set.has(name)));
}
