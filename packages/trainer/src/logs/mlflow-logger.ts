/**
 * Events of a run as metrics of an MLflow run, over MLflow's REST API.
 *
 * Source: MLflow REST API 2.0 (`experiments/get-by-name`, `experiments/create`, `runs/create`, `runs/log-batch`, `runs/update`).
 * A server that cannot be reached does not stop training: what was not taken is sent again with what comes later.
 */
import type { EventLogger } from './event-logger.ts';
import { eventScalars } from './event-scalars.ts';

/** The server, and the experiment and run that events belong to. */
export interface MlflowLoggerOptions {
  /** Such as `http://127.0.0.1:5000`. */
  readonly trackingUri: string;
  readonly experimentName: string;
  readonly runName?: string;
  /** Goes on with this run instead of beginning one. */
  readonly runId?: string;
  /** Settings shown beside the run; values are cut at 6000 characters, MLflow's limit. */
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  /** For `Authorization: Bearer`. */
  readonly token?: string;
  /** Told when the server does not answer, once per outage. */
  readonly onWarning?: (message: string) => void;
}

/** A logger that also knows the id of its run. */
export interface MlflowLogger extends EventLogger {
  readonly runId: string;
}

interface Metric {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
}

/** MLflow's limits per request. */
const MOST_METRICS = 1000;
const MOST_PARAMS = 100;
/** What is kept through an outage; older numbers are dropped first. */
const MOST_PENDING = 100_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** @throws Error when the server cannot be reached or refuses the run */
export async function createMlflowLogger(options: MlflowLoggerOptions): Promise<MlflowLogger> {
  const { experimentName, runName, params = {}, onWarning = () => {} } = options;
  const call = caller(options);
  const runId = options.runId ?? (await beginRun(call, experimentName, runName));
  if (options.runId === undefined) {
    const all = Object.entries(params).map(([key, value]) => ({
      key: mlflowName(key),
      value: `${value}`.slice(0, 6000),
    }));
    for (let start = 0; start < all.length; start += MOST_PARAMS)
      await call('runs/log-batch', { run_id: runId, params: all.slice(start, start + MOST_PARAMS) });
  }
  let pending: Metric[] = [];
  let isOut = false;

  const send = async () => {
    try {
      while (pending.length > 0) {
        await call('runs/log-batch', { run_id: runId, metrics: pending.slice(0, MOST_METRICS) });
        pending = pending.slice(MOST_METRICS);
      }
      isOut = false;
    } catch (error) {
      pending = pending.slice(-MOST_PENDING);
      if (!isOut) onWarning(`MLflow does not take metrics: ${(error as Error).message} They are kept for later.`);
      isOut = true;
    }
  };
  let status = 'KILLED';
  return {
    runId,
    async log(event) {
      const timestamp = Date.now();
      for (const [name, value] of eventScalars(event)) {
        // MLflow takes NaN and infinities as these words.
        const printable = Number.isFinite(value) ? value : String(value);
        pending.push({ key: mlflowName(name), value: printable, timestamp, step: event.step });
      }
      if (event.type === 'run-finished') status = 'FINISHED';
      if (!isOut || event.type === 'evaluation-completed' || event.type === 'run-finished') await send();
    },
    async close() {
      await send();
      if (isOut) return;
      await call('runs/update', { run_id: runId, status, end_time: Date.now() });
    },
  };
}

async function beginRun(call: Call, experimentName: string, runName: string | undefined): Promise<string> {
  const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(experimentName)}`;
  const found = (await call(query, undefined, [404])) as { experiment?: { experiment_id: string } };
  const experimentId =
    found.experiment?.experiment_id ??
    ((await call('experiments/create', { name: experimentName })) as { experiment_id: string }).experiment_id;
  const created = (await call('runs/create', {
    experiment_id: experimentId,
    start_time: Date.now(),
    ...(runName === undefined ? {} : { run_name: runName }),
  })) as { run: { info: { run_id: string } } };
  return created.run.info.run_id;
}

type Call = (path: string, body?: object, accepted?: readonly number[]) => Promise<unknown>;

function caller({ trackingUri, token }: MlflowLoggerOptions): Call {
  const root = trackingUri.replace(/\/+$/, '');
  return async (path, body, accepted = []) => {
    const url = `${root}/api/2.0/mlflow/${path}`;
    let response: Response;
    try {
      response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
    } catch (error) {
      throw fault(`the server must answer, got ${String((error as Error).cause ?? error)}`, url);
    }
    if (!response.ok && !accepted.includes(response.status)) {
      throw fault(`the server must accept the request, got ${response.status} ${await response.text()}`, url);
    }
    return response.json();
  };
}

/** MLflow's names may hold letters, digits, `_ - . / :` and spaces. */
function mlflowName(name: string): string {
  return name.replace(/[^\w\-./: ]/g, '_');
}

function fault(rule: string, at: string): Error {
  return new Error(`[@marco-ts/trainer] createMlflowLogger: ${rule} at ${at}. Is MLflow running there?`);
}
