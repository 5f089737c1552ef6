/**
 * Rows of an instruction set as conversations: the template is found or given, every bad row is named, and nothing is guessed.
 */
import type { Conversation } from '../sft/conversation.ts';
import { type BadRows, convertRows, countByRule, type DatasetRow, type RowProblem, refuseRow } from './dataset-row.ts';
import type { DatasetSpec } from './dataset-spec.ts';
import { expectOneTemplate } from './detect-row-template.ts';
import { languageOfRow, type RowLanguage } from './row-language.ts';
import { rowMessages } from './row-messages.ts';

/** The rows, what they are written in, and what becomes of bad ones. */
export interface ReadConversationsOptions {
  readonly rows: readonly DatasetRow[];
  /** Default: found from the fields. */
  readonly spec?: DatasetSpec;
  readonly language: RowLanguage;
  /** Name of the task in logs; default `instruction`. */
  readonly task?: string;
  /** Default `refuse`. */
  readonly badRows?: BadRows;
}

/** How many rows were read and kept, and what was wrong with the others. */
export interface ReadReport {
  readonly numRows: number;
  readonly numKept: number;
  /** Rows left out, by the rule that they broke. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly problems: readonly RowProblem[];
}

/** @throws Error naming rows and fields: mixed templates, empty texts, unknown roles, a conversation that does not end with an answer */
export function readConversations(options: ReadConversationsOptions): {
  readonly conversations: Conversation[];
  readonly report: ReadReport;
} {
  const { rows, spec = {}, language, task = 'instruction', badRows = 'refuse' } = options;
  const templateOf = expectOneTemplate(spec);
  const { converted, problems } = convertRows('readConversations', rows, badRows, (row): Conversation => {
    const { messages, tools } = rowMessages(row, templateOf(row), spec);
    const last = messages.at(-1)!;
    if (last.role !== 'assistant') refuseRow('a conversation must end with an answer', 'messages', last.role);
    const late = messages.findIndex(({ role }, index) => role === 'system' && index > 0);
    if (late > 0) refuseRow('a system message must come first', `messages[${late}]`, 'system');
    const { where } = row;
    return { messages, language: languageOfRow(row, last.content, language), task, where, ...(tools && { tools }) };
  });
  return {
    conversations: converted,
    report: { numRows: rows.length, numKept: converted.length, dropped: countByRule(problems), problems },
  };
}
