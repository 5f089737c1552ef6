/**
 * Rows of a preference set as pairs, or as answers that are good or bad (KTO), whichever the rows are.
 *
 * Answers are texts, single messages (LLaMA-Factory), or lists of messages; where both lists repeat the prompt (TRL's implicit prompt, OpenAI
 * rows with `chosen_messages`), the prompt is what they have in common.
 */
import type { ChatMessage } from '@marco-ts/tokenizer';
import type { UnpairedAnswer } from '../preferences/encode-unpaired-answers.ts';
import type { PreferencePair } from '../preferences/preference-pair.ts';
import { type BadRows, convertRows, countByRule, type DatasetRow, refuseRow } from './dataset-row.ts';
import type { DatasetSpec, RowTemplate } from './dataset-spec.ts';
import { expectOneTemplate } from './detect-row-template.ts';
import type { ReadReport } from './read-conversations.ts';
import { languageOfRow, type RowLanguage } from './row-language.ts';
import { columnOf, messageList, oneMessage, rowMessages, text } from './row-messages.ts';

/** The rows, what they are written in, and what becomes of bad ones. */
export interface ReadPreferencesOptions {
  readonly rows: readonly DatasetRow[];
  /** Default: found from the fields. */
  readonly spec?: DatasetSpec;
  readonly language: RowLanguage;
  /** Name of the kind of pair in logs, where a row has no `kind` of its own; default `given`. */
  readonly kind?: string;
  /** Default `refuse`. */
  readonly badRows?: BadRows;
}

/** @throws Error naming rows and fields: mixed templates, empty or equal answers, unknown roles, a prompt that ends with an answer */
export function readPreferencePairs(options: ReadPreferencesOptions): {
  readonly pairs: PreferencePair[];
  readonly report: ReadReport;
} {
  const { rows, spec = {}, language, badRows = 'refuse' } = options;
  const templateOf = expectOneTemplate(spec);
  const { converted, problems } = convertRows('readPreferencePairs', rows, badRows, (row): PreferencePair => {
    const template = templateOf(row);
    const { prompt, chosen, rejected } = pairOf(row, template, spec);
    if (chosen === rejected) refuseRow('answers must differ', 'rejected', rejected);
    const { where } = row;
    return {
      prompt,
      chosen,
      rejected,
      language: languageOfRow(row, chosen, language),
      kind: kindOf(row, options),
      where,
    };
  });
  return { pairs: converted, report: reportOf(rows, converted, problems) };
}

/** @throws Error naming rows and fields: as `readPreferencePairs`, and a label that is neither true nor false */
export function readUnpairedAnswers(options: ReadPreferencesOptions): {
  readonly answers: UnpairedAnswer[];
  readonly report: ReadReport;
} {
  const { rows, spec = {}, language, badRows = 'refuse' } = options;
  const templateOf = expectOneTemplate(spec);
  const { converted, problems } = convertRows('readUnpairedAnswers', rows, badRows, (row): UnpairedAnswer => {
    const { messages } = rowMessages(row, templateOf(row), spec);
    const name = spec.columns?.kto_tag ?? (row.fields.kto_tag === undefined ? 'label' : 'kto_tag');
    const label = row.fields[name];
    if (typeof label !== 'boolean') refuseRow('a label must be true or false', name, label);
    const last = messages.at(-1)!;
    if (last.role !== 'assistant') refuseRow('a conversation must end with an answer', 'messages', last.role);
    return {
      prompt: requirePromptMessages(messages.slice(0, -1)),
      answer: last.content,
      isDesirable: label as boolean,
      language: languageOfRow(row, last.content, language),
      kind: kindOf(row, options),
      where: row.where,
    };
  });
  return { answers: converted, report: reportOf(rows, converted, problems) };
}

function pairOf(row: DatasetRow, template: RowTemplate, spec: DatasetSpec) {
  const { fields } = row;
  const names = ['chosen', 'rejected'].map((side) => {
    const usual = columnOf(template, spec, side as 'chosen');
    return fields[usual] === undefined && fields[`${side}_messages`] !== undefined ? `${side}_messages` : usual;
  });
  const sides = names.map((name) => answerMessages(name, fields[name], template, spec));
  const isConversation = sides.every(({ length }) => length > 1);
  let prompt: readonly ChatMessage[];
  if (isConversation) {
    const [chosen, rejected] = sides as [ChatMessage[], ChatMessage[]];
    prompt = chosen.slice(0, -1);
    const same =
      rejected.length === chosen.length && prompt.every((message, index) => isSame(message, rejected[index]!));
    if (!same) refuseRow('both answers must follow the same prompt', names[1]!, 'another prompt');
  } else {
    for (const [index, side] of sides.entries()) {
      if (side.length !== 1) refuseRow('an answer must be one message', names[index]!, `${side.length} messages`);
    }
    const withoutAnswer = { ...row, fields: { ...fields, [columnOf(template, spec, 'response')]: undefined } };
    prompt = rowMessages(withoutAnswer, template, spec).messages;
  }
  const answers = sides.map((side, index) => {
    const last = side.at(-1)!;
    if (last.role !== 'assistant') refuseRow('an answer must be the assistant’s', names[index]!, last.role);
    return last.content;
  });
  return { prompt: requirePromptMessages(prompt), chosen: answers[0]!, rejected: answers[1]! };
}

function answerMessages(name: string, value: unknown, template: RowTemplate, spec: DatasetSpec): ChatMessage[] {
  if (typeof value === 'string') return [{ role: 'assistant', content: text({ name, value }) }];
  if (Array.isArray(value)) return messageList({ name, value }, template, spec);
  if (value === undefined || value === null)
    return refuseRow('a row must have a better and a worse answer', name, value);
  return [oneMessage({ name, value }, template, spec)];
}

function requirePromptMessages(prompt: readonly ChatMessage[]): readonly ChatMessage[] {
  const last = prompt.at(-1);
  if (last?.role !== 'user') refuseRow('a prompt must end with a user message', 'prompt', last?.role ?? 'no message');
  const late = prompt.findIndex(({ role }, index) => role === 'system' && index > 0);
  if (late > 0) refuseRow('a system message must come first', `messages[${late}]`, 'system');
  return prompt;
}

function isSame(one: ChatMessage, other: ChatMessage): boolean {
  return one.role === other.role && one.content === other.content;
}

function kindOf({ fields }: DatasetRow, { kind = 'given' }: ReadPreferencesOptions): string {
  return typeof fields.kind === 'string' ? fields.kind : kind;
}

function reportOf(rows: readonly DatasetRow[], kept: readonly unknown[], problems: ReadReport['problems']): ReadReport {
  return { numRows: rows.length, numKept: kept.length, dropped: countByRule(problems), problems };
}
