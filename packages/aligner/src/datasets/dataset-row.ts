/**
 * A row of a set with the place it came from, and what is wrong with rows: always said with row and field.
 */

export interface DatasetRow {
  /** Such as `train.jsonl:12` or `train.json[11]`. */
  readonly where: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What is wrong with one field of one row. */
export interface RowProblem {
  readonly where: string;
  readonly field: string;
  /** A rule that holds for no value of the row, such as `an answer must not be empty`; counted by this. */
  readonly rule: string;
  readonly got: string;
}

/** Thrown inside the conversion of one row. */
export class RowError extends Error {
  readonly problem: Omit<RowProblem, 'where'>;
  constructor(problem: Omit<RowProblem, 'where'>) {
    super(problem.rule);
    this.problem = problem;
  }
}

export function refuseRow(rule: string, field: string, got: unknown): never {
  const text = typeof got === 'string' && got.trim() !== '' ? got : (JSON.stringify(got) ?? 'nothing');
  throw new RowError({ rule, field, got: text.length > 80 ? `${text.slice(0, 80)}…` : text });
}

/** `refuse` throws for the first bad rows before anything is trained; `drop` leaves them out and counts them. */
export type BadRows = 'refuse' | 'drop';

const NUM_SHOWN = 5;

/**
 * Converts every row and gathers what is wrong.
 *
 * @throws Error naming the first bad rows with their fields when they are to be refused, and when no row is left
 */
export function convertRows<Converted>(
  functionName: string,
  rows: readonly DatasetRow[],
  badRows: BadRows,
  convert: (row: DatasetRow) => Converted,
): { readonly converted: Converted[]; readonly problems: RowProblem[] } {
  const converted: Converted[] = [];
  const problems: RowProblem[] = [];
  for (const row of rows) {
    try {
      converted.push(convert(row));
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      problems.push({ where: row.where, ...error.problem });
    }
  }
  if (problems.length > 0 && (badRows === 'refuse' || converted.length === 0)) {
    const shown = problems
      .slice(0, NUM_SHOWN)
      .map(({ where, field, rule, got }) => `${where}.${field}: ${rule}, got ${got}`)
      .join('\n  ');
    const more = problems.length > NUM_SHOWN ? `\n  and ${problems.length - NUM_SHOWN} more` : '';
    throw new Error(
      `[@marco-ts/aligner] ${functionName}: every row must be usable, got ${problems.length} of ${rows.length} that are not:\n  ${shown}${more}\nCorrect them, or pass badRows: 'drop' to leave them out and count them.`,
    );
  }
  return { converted, problems };
}

/** @returns how many rows broke each rule */
export function countByRule(problems: readonly RowProblem[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { rule } of problems) counts[rule] = (counts[rule] ?? 0) + 1;
  return counts;
}
