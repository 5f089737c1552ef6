/**
 * The text before an answer: description, examples with their answers, question; as plain text or through a chat template.
 *
 * Source: `ConfigurableTask.fewshot_context` and `Message` of lm-evaluation-harness 0.4.13.
 */
import type { Row, TaskDefinition } from './task-definition.ts';

/** One turn of a conversation. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** How turns become the text that the model reads. */
export interface ChatOptions {
  /** turns to one text that ends where the assistant's answer begins */
  readonly render: (messages: readonly ChatMessage[]) => string;
  /** each example as turns of its own instead of all in one user turn; default false */
  readonly fewShotAsMultiturn?: boolean | undefined;
}

/** Whether the text before an answer is plain or a chat. */
export interface ContextOptions {
  readonly chat?: ChatOptions | undefined;
  readonly systemInstruction?: string | undefined;
}

interface Turn extends ChatMessage {
  /** after it in plain text */
  readonly delimiter: string;
}

/** @returns the context of a question that comes after its examples */
export function buildContext(
  definition: TaskDefinition,
  examples: readonly Row[],
  question: string,
  options: ContextOptions = {},
): string {
  const { targetDelimiter = ' ', fewShotDelimiter = '\n\n', description = '' } = definition;
  const system = joinedWith(fewShotDelimiter, options.systemInstruction ?? '', description);
  const turns: Turn[] = system === '' ? [] : [{ role: 'system', content: system, delimiter: '' }];
  for (const row of examples) {
    const answer = exampleAnswer(definition, row);
    turns.push({
      role: 'user',
      content: exampleQuestion(definition, row),
      delimiter: answer === '' ? '' : targetDelimiter,
    });
    if (answer !== '') turns.push({ role: 'assistant', content: answer, delimiter: fewShotDelimiter });
  }
  turns.push({ role: 'user', content: question, delimiter: '' });
  const { chat } = options;
  if (!chat) return plainText(turns);
  return chat.render(
    chat.fewShotAsMultiturn ? turns.map(({ role, content }) => ({ role, content })) : singleTurn(turns),
  );
}

function exampleQuestion({ prompt }: TaskDefinition, row: Row): string {
  if (prompt.type === 'multiple_contexts') return prompt.contexts(row)[prompt.gold(row)]!;
  return prompt.text(row);
}

function exampleAnswer({ prompt }: TaskDefinition, row: Row): string {
  switch (prompt.type) {
    case 'multiple_choice': {
      const gold = prompt.gold(row);
      return prompt.choices(row)[typeof gold === 'number' ? gold : gold[0]!]!;
    }
    case 'multiple_contexts':
      return prompt.continuation(row);
    case 'loglikelihood_rolling':
      return '';
    default:
      return prompt.target(row);
  }
}

function singleTurn(turns: readonly Turn[]): ChatMessage[] {
  const [first, ...rest] = turns;
  const system: ChatMessage[] = first?.role === 'system' ? [{ role: 'system', content: first.content }] : [];
  return [...system, { role: 'user', content: plainText(system.length > 0 ? rest : turns) }];
}

function plainText(turns: readonly Turn[]): string {
  return turns.map(({ content, delimiter }) => content + delimiter).join('');
}

function joinedWith(delimiter: string, before: string, after: string): string {
  if (before === '' || after === '' || /\s$/.test(before) || /^\s/.test(after)) return before + after;
  return before + delimiter + after;
}
