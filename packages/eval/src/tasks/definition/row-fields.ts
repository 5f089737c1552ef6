/**
 * Fields of a row with their types checked, so that a wrong layout is named where it is read.
 */
import { inputError } from '../../input-error.ts';
import type { Row } from './task-definition.ts';

/** @throws Error when the field is no text */
export function textField(row: Row, field: string): string {
  const value = row[field];
  if (typeof value === 'string') return value;
  throw wrongField(row, field, 'a text');
}

/** Whole numbers, also as the text ('1,600') or the big integer that some layouts have. @throws Error otherwise */
export function numberField(row: Row, field: string): number {
  const value = row[field];
  const number =
    typeof value === 'string' ? Number(value.replaceAll(',', '')) : typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && value !== '') return number;
  throw wrongField(row, field, 'a whole number');
}

/** @throws Error when the field is no list of texts */
export function textListField(row: Row, field: string): string[] {
  const value = row[field];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw wrongField(row, field, 'a list of texts');
}

/** @throws Error when the field is no object */
export function rowField(row: Row, field: string): Row {
  const value = row[field];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw wrongField(row, field, 'an object');
}

function wrongField(row: Row, field: string, expected: string): Error {
  const got =
    field in row
      ? JSON.stringify(row[field], (_, value) => (typeof value === 'bigint' ? Number(value) : value))
      : 'none';
  return inputError(
    'taskRows',
    `the field '${field}' must be ${expected}, got ${got?.slice(0, 60)} in a row with ${Object.keys(row).join(', ')}. Is it the task's data set?`,
  );
}
