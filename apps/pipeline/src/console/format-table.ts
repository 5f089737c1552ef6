/**
 * Lays rows out in columns for a terminal: first column to the left, all others to the right unless told.
 */
import { stripVTControlCharacters } from 'node:util';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** @returns lines with a head and a rule, indented by two spaces */
export function formatTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    `  ${columns
      .map((column, index) => {
        const cell = cells[index] ?? '';
        const space = ' '.repeat(widths[index]! - displayWidth(cell));
        return (column.align ?? (index === 0 ? 'left' : 'right')) === 'left' ? cell + space : space + cell;
      })
      .join('  ')}`.trimEnd();
  const rule = `  ${widths.map((width) => '─'.repeat(width)).join('  ')}`;
  return [line(columns.map((column) => column.title)), rule, ...rows.map(line)].join('\n');
}

function displayWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
