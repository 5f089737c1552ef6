/**
 * One document with its answers as lines of `samples_<task>_*.jsonl`, one for each filter, with the harness's hashes.
 *
 * Source: `evaluator.evaluate` and `EvaluationTracker.save_results_samples` of lm-evaluation-harness 0.4.13.
 * Differs: `doc` is the row as it was published, where some of the harness's tasks add fields to it; corpus scores show reference and answer.
 */
import { createHash } from 'node:crypto';
import type { EvalSample, Json } from '../tasks/eval-task.ts';
import type { TaskDocument, TaskRequest, TaskResponse } from '../tasks/task-document.ts';

/** A document, what was answered, and how that was scored. */
export interface LmEvalSampleOptions {
  readonly document: TaskDocument;
  /** position of the row in its split */
  readonly docId: number;
  readonly responses: readonly TaskResponse[];
  readonly score: Pick<EvalSample, 'statistics' | 'record'>;
}

/** @returns the lines as objects, in the order of the filters */
export function lmEvalSampleLines({ document, docId, responses, score }: LmEvalSampleOptions): Record<string, Json>[] {
  const { requests, row, target } = document;
  const argumentsOf = requests.map(requestArguments);
  const shown = responses.map(shownResponse);
  const extracted = score.record.extracted as Record<string, string> | null | undefined;
  const metrics = Object.entries(score.statistics).map(([name, [top = 0, bottom, ...more]]) => {
    const [metric = '', filter = 'none'] = name.split(',');
    const value: Json = bottom === undefined || more.length > 0 ? [target, score.record.answer ?? null] : top / bottom;
    return { metric, filter, value };
  });
  return [...Map.groupBy(metrics, ({ filter }) => filter)].map(([filter, own]) => ({
    doc_id: docId,
    doc: row,
    target: pythonText(target),
    arguments: Object.fromEntries(
      argumentsOf.map((own, index) => [
        `gen_args_${index}`,
        Object.fromEntries(own.map((argument, position) => [`arg_${position}`, argument])),
      ]),
    ),
    resps: shown.map((response) => [response]),
    filtered_resps: extracted?.[filter] === undefined ? shown : [extracted[filter]],
    filter,
    metrics: own.map(({ metric }) => metric),
    doc_hash: sha256(JSON.stringify(row, null, 2)),
    prompt_hash: sha256(String(argumentsOf[0]![0])),
    target_hash: sha256(pythonText(target)),
    ...Object.fromEntries(own.map(({ metric, value }) => [metric, value])),
  }));
}

/** The hash of a task's documents, prompts and targets in `task_hashes`. */
export function lmEvalTaskHash(lines: readonly Readonly<Record<string, Json>>[]): string {
  return sha256(lines.map((line) => `${line.doc_hash}${line.prompt_hash}${line.target_hash}`).join(''));
}

function requestArguments(request: TaskRequest): Json[] {
  switch (request.type) {
    case 'loglikelihood':
      return [request.context, request.continuation];
    case 'loglikelihood_rolling':
      return [request.text];
    default:
      return [request.prompt, { until: [...request.until], do_sample: false, max_gen_toks: request.maxNewTokens }];
  }
}

function shownResponse(response: TaskResponse): Json {
  if (typeof response === 'string') return response;
  if (!('logProb' in response)) return null;
  const { logProb } = response;
  return 'isGreedy' in response ? [String(logProb), response.isGreedy ? 'True' : 'False'] : String(logProb);
}

/** `str(target)` of an index, a list of indices or a text. */
function pythonText(target: Json): string {
  return Array.isArray(target) ? `[${target.join(', ')}]` : String(target);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
