/**
 * A row of any template as chat messages: what comes before the answer, and the answer where the row has one.
 *
 * Roles of tools become what Qwen2.5's template writes for them: a call is the assistant's `<tool_call>`, an observation the user's
 * `<tool_response>`.
 */
import type { ChatMessage } from '@marco-ts/tokenizer';
import { type DatasetRow, refuseRow } from './dataset-row.ts';
import type { ColumnName, DatasetSpec, RowTemplate, TagName } from './dataset-spec.ts';

export interface RowMessages {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly unknown[];
}

const COLUMNS: Readonly<Record<RowTemplate, Readonly<Partial<Record<ColumnName, string>>>>> = {
  alpaca: { prompt: 'instruction', query: 'input', response: 'output', history: 'history', system: 'system' },
  sharegpt: { messages: 'conversations', system: 'system', tools: 'tools' },
  openai: { messages: 'messages', system: 'system', tools: 'tools' },
  'prompt-completion': { prompt: 'prompt', response: 'completion', system: 'system', tools: 'tools' },
};

const SHAREGPT_TAGS: Readonly<Record<TagName, string>> = {
  role_tag: 'from',
  content_tag: 'value',
  user_tag: 'human',
  assistant_tag: 'gpt',
  observation_tag: 'observation',
  function_tag: 'function_call',
  system_tag: 'system',
};
const OPENAI_TAGS: Readonly<Record<TagName, string>> = {
  role_tag: 'role',
  content_tag: 'content',
  user_tag: 'user',
  assistant_tag: 'assistant',
  observation_tag: 'tool',
  function_tag: 'function',
  system_tag: 'system',
};

/** @returns what a field of the row is called */
export function columnOf(template: RowTemplate, spec: DatasetSpec, column: ColumnName): string {
  return spec.columns?.[column] ?? COLUMNS[template][column] ?? column;
}

/**
 * @throws RowError naming the field: missing or empty fields, unknown roles, content that is not text, weights per message
 */
export function rowMessages(row: DatasetRow, template: RowTemplate, spec: DatasetSpec): RowMessages {
  const field = (column: ColumnName): { readonly name: string; readonly value: unknown } => {
    const name = columnOf(template, spec, column);
    return { name, value: row.fields[name] };
  };
  const system = optionalText(field('system'));
  const said: ChatMessage[] = [];
  if (template === 'alpaca') said.push(...alpacaMessages(field));
  else if (template === 'prompt-completion') said.push(...promptCompletion(field, spec));
  else said.push(...messageList(field('messages'), template, spec));
  if (system !== '' && said[0]?.role === 'system')
    refuseRow('a row must have one system message', field('system').name, system);
  const tools = parseTools(field('tools'));
  const messages: ChatMessage[] = system === '' ? said : [{ role: 'system', content: system }, ...said];
  return { messages, ...(tools === undefined ? {} : { tools }) };
}

type Field = { readonly name: string; readonly value: unknown };

function alpacaMessages(field: (column: ColumnName) => Field): ChatMessage[] {
  const history = field('history');
  const messages: ChatMessage[] = [];
  if (Array.isArray(history.value)) {
    for (const [index, turn] of history.value.entries()) {
      if (!Array.isArray(turn) || turn.length !== 2)
        refuseRow('a turn of history must be a pair of texts', `${history.name}[${index}]`, turn);
      const [asked, answered] = turn as [unknown, unknown];
      messages.push({ role: 'user', content: text({ name: `${history.name}[${index}][0]`, value: asked }) });
      messages.push({ role: 'assistant', content: text({ name: `${history.name}[${index}][1]`, value: answered }) });
    }
  } else if (history.value != null) refuseRow('history must be a list of turns', history.name, history.value);
  const parts = [text(field('prompt')), optionalText(field('query'))].filter((part) => part !== '');
  messages.push({ role: 'user', content: parts.join('\n') });
  const response = field('response');
  if (response.value !== undefined) messages.push({ role: 'assistant', content: text(response) });
  return messages;
}

/** Texts, or lists of messages as in TRL's conversational sets. */
function promptCompletion(field: (column: ColumnName) => Field, spec: DatasetSpec): ChatMessage[] {
  return [['prompt', 'user'] as const, ['response', 'assistant'] as const].flatMap(([column, role]): ChatMessage[] => {
    const { name, value } = field(column);
    if (value === undefined) return [];
    if (Array.isArray(value)) return messageList({ name, value }, 'openai', spec);
    return [{ role, content: text({ name, value }) }];
  });
}

/** @throws RowError for anything that is not a list of messages */
export function messageList({ name, value }: Field, template: RowTemplate, spec: DatasetSpec): ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) return refuseRow('a conversation must have messages', name, value);
  return value.map((message, index) => oneMessage({ name: `${name}[${index}]`, value: message }, template, spec));
}

/** @throws RowError for an unknown role or content that is no text */
export function oneMessage({ name, value }: Field, template: RowTemplate, spec: DatasetSpec): ChatMessage {
  if (typeof value !== 'object' || value === null)
    return refuseRow('a message must have a role and content', name, value);
  const message = value as Readonly<Record<string, unknown>>;
  const usesRoles = template !== 'sharegpt' && !('from' in message && !('role' in message));
  const tags = { ...(usesRoles ? OPENAI_TAGS : SHAREGPT_TAGS), ...spec.tags };
  const role = message[tags.role_tag];
  if (message.weight === 0 && role === tags.assistant_tag) {
    return refuseRow('answers of weight 0 cannot be left out of the loss', `${name}.weight`, 0);
  }
  const calls = message.tool_calls;
  if (role === tags.assistant_tag && Array.isArray(calls) && calls.length > 0) {
    const spoken = message[tags.content_tag] == null ? '' : `${contentText(message, name, tags.content_tag)}\n`;
    return { role: 'assistant', content: spoken + calls.map((call) => toolCall(call?.function ?? call)).join('\n') };
  }
  const content = contentText(message, name, tags.content_tag);
  switch (role) {
    case tags.user_tag:
      return { role: 'user', content };
    case tags.assistant_tag:
      return { role: 'assistant', content };
    case tags.system_tag:
      return { role: 'system', content };
    case tags.observation_tag:
      return { role: 'user', content: `<tool_response>\n${content}\n</tool_response>` };
    case tags.function_tag:
      return { role: 'assistant', content: `<tool_call>\n${content}\n</tool_call>` };
    default:
      return refuseRow(
        `a role must be one of ${Object.entries(tags)
          .filter(([tag]) => !/^(role|content)_/.test(tag))
          .map(([, known]) => known)
          .join(', ')}`,
        `${name}.${tags.role_tag}`,
        role,
      );
  }
}

function toolCall(call: { readonly name?: unknown; readonly arguments?: unknown }): string {
  const given = typeof call.arguments === 'string' ? JSON.parse(call.arguments) : call.arguments;
  return `<tool_call>\n${JSON.stringify({ name: call.name, arguments: given })}\n</tool_call>`;
}

/** Text, or a list of text parts as OpenAI's format allows. */
function contentText(message: Readonly<Record<string, unknown>>, name: string, tag: string): string {
  const content = message[tag];
  const field = `${name}.${tag}`;
  if (!Array.isArray(content)) return text({ name: field, value: content });
  return content
    .map((part, index) => {
      if (part?.type !== 'text') return refuseRow('content must be text', `${field}[${index}]`, part);
      return text({ name: `${field}[${index}]`, value: part.text ?? part.value });
    })
    .join('');
}

/** @throws RowError unless the value is text that is not empty */
export function text({ name, value }: Field): string {
  if (typeof value !== 'string') return refuseRow('a field must be text', name, value);
  if (value.trim() === '') return refuseRow('a text must not be empty', name, value);
  return value;
}

function optionalText({ name, value }: Field): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') return refuseRow('a field must be text', name, value);
  return value;
}

/** A list, or the JSON text of one. */
function parseTools({ name, value }: Field): readonly unknown[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  try {
    const tools: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    if (Array.isArray(tools)) return tools.length === 0 ? undefined : tools;
  } catch {}
  return refuseRow('tools must be a JSON list', name, value);
}
