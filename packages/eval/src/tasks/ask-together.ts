/**
 * Many small tasks asked in one call, so that batches hold items of all of them; each is scored by itself as before.
 */
import type { LanguageModel, RequestNotice, RequestOptions } from '../model/language-model.ts';
import type { EvalTask } from './eval-task.ts';
import { askDocuments, scoreDocuments, type TaskDocument, type TaskResponse } from './task-document.ts';

const KIND = {
  loglikelihood: 'loglikelihood',
  loglikelihoodRolling: 'loglikelihood_rolling',
  generateUntil: 'generate_until',
} as const;

/** @returns the tasks with their answers: `run` asks nothing, and takes no limit; tasks without documents as they are */
export async function askTogether(
  model: LanguageModel,
  tasks: readonly EvalTask[],
  options: RequestOptions = {},
): Promise<EvalTask[]> {
  const documents = tasks.flatMap(({ documents: own = [] }) => own);
  const numNotices = model.notices?.length ?? 0;
  const responses = await askDocuments(model, documents, options);
  const noticesOf = Map.groupBy(model.notices?.slice(numNotices) ?? [], documentAsked(documents));
  const answers = new Map(documents.map((document, index) => [document, responses[index]!]));
  return tasks.map((task) =>
    task.documents === undefined ? task : { ...task, run: async () => answeredRun(task, answers, noticesOf) },
  );
}

function answeredRun(
  { documents = [], unusable = [], signatures }: EvalTask,
  answers: ReadonlyMap<TaskDocument, readonly TaskResponse[]>,
  noticesOf: ReadonlyMap<TaskDocument, readonly RequestNotice[]>,
) {
  const { samples, skipped } = scoreDocuments(
    documents,
    documents.map((document) => answers.get(document)!),
  );
  const notices = documents.flatMap((document) => noticesOf.get(document) ?? []);
  return { samples, skipped: [...unusable, ...skipped], notices, ...(signatures && { signatures }) };
}

/** A notice counts requests of its kind in the order asked. */
function documentAsked(documents: readonly TaskDocument[]): (notice: RequestNotice) => TaskDocument {
  const askers = Map.groupBy(
    documents.flatMap((document) => document.requests.map(({ type }) => ({ type, document }))),
    ({ type }) => type,
  );
  return ({ request, index }) => askers.get(KIND[request])![index]!.document;
}
