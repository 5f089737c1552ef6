/**
 * One item of a task as requests and a rule that scores their answers: what an engine may ask in any order, on any rank, and resume.
 */
import type {
  GenerationResponse,
  LanguageModel,
  LoglikelihoodResponse,
  RequestOptions,
  RollingResponse,
} from '../model/language-model.ts';
import type { EvalSample, EvalTask, Json, SkippedItem, TaskRun } from './eval-task.ts';
import { selectItems } from './select-items.ts';

/** A request to a model, told apart by `type`. */
export type TaskRequest =
  | { readonly type: 'loglikelihood'; readonly context: string; readonly continuation: string }
  | { readonly type: 'loglikelihood_rolling'; readonly text: string }
  | {
      readonly type: 'generate_until';
      readonly prompt: string;
      readonly until: readonly string[];
      readonly maxNewTokens: number;
    };

/** The answer to one request, of the type that the request asks for. */
export type TaskResponse = LoglikelihoodResponse | RollingResponse | GenerationResponse;

/** What the answers say, or why they say nothing. */
export type DocumentScore =
  | Pick<EvalSample, 'statistics' | 'record'>
  | { /** such as a choice longer than the window */ readonly skipped: string };

/** One item of a task, with all its requests. */
export interface TaskDocument {
  readonly id: string;
  readonly groups: Readonly<Record<string, string>>;
  readonly requests: readonly TaskRequest[];
  /** the row as the task sees it, for `samples_*.jsonl` and its hash */
  readonly row: Json;
  /** the right answer, for `samples_*.jsonl` */
  readonly target: Json;
  /**
   * What the answers say of the item.
   *
   * @param responses one for each request, in their order, none of them failed
   */
  score(responses: readonly TaskResponse[]): DocumentScore;
}

/** A task whose items are documents, with the run that asks for them all at once. */
export function taskOfDocuments(
  task: Omit<EvalTask, 'run'> & { readonly documents: readonly TaskDocument[] },
): EvalTask & { readonly documents: readonly TaskDocument[] } {
  const { name, macroBy, documents, unusable = [], signatures } = task;
  return {
    ...task,
    async run(model, { limit, signal, onProgress }) {
      const selected = selectItems(name, documents, ({ groups }) => groups[macroBy]!, limit);
      const responses = await askDocuments(model, selected, { signal, onProgress });
      const { samples, skipped } = scoreDocuments(selected, responses);
      return { samples, skipped: [...unusable, ...skipped], ...(signatures && { signatures }) };
    },
  };
}

/** Asks a model for every document's requests, each kind in one call. */
export async function askDocuments(
  model: LanguageModel,
  documents: readonly TaskDocument[],
  options: RequestOptions = {},
): Promise<TaskResponse[][]> {
  const asked = documents.flatMap(({ requests }, document) =>
    requests.map((request, position) => ({ request, document, position })),
  );
  const responses: TaskResponse[][] = documents.map(() => []);
  const ofKind = <Kind extends TaskRequest['type']>(kind: Kind) =>
    asked.filter(
      (entry): entry is typeof entry & { request: Extract<TaskRequest, { type: Kind }> } => entry.request.type === kind,
    );
  const place = (
    entries: readonly { document: number; position: number }[],
    answers: readonly TaskResponse[],
  ): void => {
    for (const [index, { document, position }] of entries.entries()) responses[document]![position] = answers[index]!;
  };

  const pairs = ofKind('loglikelihood');
  if (pairs.length > 0)
    place(
      pairs,
      await model.loglikelihood(
        pairs.map(({ request }) => request),
        options,
      ),
    );
  const texts = ofKind('loglikelihood_rolling');
  if (texts.length > 0)
    place(
      texts,
      await model.loglikelihoodRolling(
        texts.map(({ request }) => request.text),
        options,
      ),
    );
  const prompts = ofKind('generate_until');
  if (prompts.length > 0)
    place(
      prompts,
      await model.generateUntil(
        prompts.map(({ request }) => request),
        options,
      ),
    );
  return responses;
}

/** Samples of the documents whose answers could be scored, and the others with their reason. */
export function scoreDocuments(
  documents: readonly TaskDocument[],
  responses: readonly (readonly TaskResponse[])[],
): Pick<TaskRun, 'samples' | 'skipped'> {
  const samples: EvalSample[] = [];
  const skipped: SkippedItem[] = [];
  for (const [index, document] of documents.entries()) {
    const { id, groups } = document;
    const failed = responses[index]!.map(failureOf).find((reason) => reason !== undefined);
    const score = failed === undefined ? document.score(responses[index]!) : { skipped: failed };
    if ('skipped' in score) skipped.push({ id, reason: score.skipped });
    else samples.push({ id, groups, ...score });
  }
  return { samples, skipped };
}

/** Why a request has no answer; undefined where it has one. */
export function failureOf(response: TaskResponse): string | undefined {
  return typeof response === 'string' ? undefined : response.failed;
}
