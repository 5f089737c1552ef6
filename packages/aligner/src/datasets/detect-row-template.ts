/**
 * Which template a row follows, told from its fields.
 *
 * Source: fields of Alpaca, ShareGPT, OpenAI's chat format and TRL's prompt-completion sets, with their preference variants.
 */
import { type DatasetRow, refuseRow } from './dataset-row.ts';
import type { DatasetSpec, RowTemplate } from './dataset-spec.ts';

const FIELDS_OF: Readonly<Record<RowTemplate, string>> = {
  alpaca: 'instruction (with input, output)',
  sharegpt: 'conversations of { from, value }',
  openai: 'messages of { role, content }',
  'prompt-completion': 'prompt (with completion)',
};

/** @throws RowError when no template or more than one fits */
export function detectRowTemplate({ fields }: DatasetRow, spec: DatasetSpec = {}): RowTemplate {
  const has = (name: string): boolean => fields[name] !== undefined && fields[name] !== null;
  const messages = fields[spec.columns?.messages ?? 'messages'] ?? fields.messages;
  const conversations = fields.conversations ?? (isSpokenBy(messages, 'from') ? messages : undefined);
  const isOpenAi = isSpokenBy(messages, 'role') || isSpokenBy(fields.chosen_messages, 'role');
  const found: RowTemplate[] = [];
  if (has('instruction')) found.push('alpaca');
  if (conversations !== undefined) found.push('sharegpt');
  if (isOpenAi) found.push('openai');
  const isConversation = isSpokenBy(fields.chosen, 'role') && isSpokenBy(fields.rejected, 'role');
  if (has('prompt') || (found.length === 0 && isConversation)) found.push('prompt-completion');
  if (found.length === 1) return found[0]!;
  if (found.length > 1) return refuseRow('a row must follow one template', 'fields', found.join(' and '));
  const known = Object.values(FIELDS_OF).join('; ');
  return refuseRow(
    `a row must have fields of a known template (${known})`,
    'fields',
    Object.keys(fields).join(', ') || 'none',
  );
}

function isSpokenBy(messages: unknown, roleField: string): boolean {
  if (!Array.isArray(messages) || messages.length === 0) return false;
  const [first] = messages;
  return typeof first === 'object' && first !== null && roleField in first;
}

/**
 * The template of a whole set: that of its first row, or the one it is said to have.
 *
 * @returns a check of single rows that throws a RowError for a row of another template
 */
export function expectOneTemplate(spec: DatasetSpec = {}): (row: DatasetRow) => RowTemplate {
  let expected = spec.template;
  const isMapped = spec.columns !== undefined && Object.keys(spec.columns).length > 0;
  return (row) => {
    // Columns with names of their own cannot be told apart; the description is believed.
    if (expected !== undefined && isMapped) return expected;
    const template = detectRowTemplate(row, spec);
    expected ??= template;
    const isKin = expected === 'sharegpt' && template === 'openai' && spec.tags?.role_tag === 'role';
    if (template === expected || isKin) return expected;
    return refuseRow(`all rows must follow the template of the set, ${expected}`, 'fields', template);
  };
}
