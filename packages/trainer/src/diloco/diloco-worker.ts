/**
 * Data-parallel training with little communication: each worker takes `every` steps by itself, then all take up the mean of their moves.
 *
 * Source: Douillard et al. 2023, arXiv:2311.08105 (inner AdamW whose moments stay with the worker, outer Nesterov 0.7/0.9).
 * Differs: there is no server. Workers meet in a mailbox, whoever closes a round first writes down whose moves count, and everybody computes
 * the same outer step from them. A worker may join or return at the newest round; one that is lost is waited for until the timeout.
 *
 * Keys: `run.json`, `outer/<round>` (parameters and momentum before the round), `rounds/<round>/{joined,delta}/<worker>`,
 * `rounds/<round>/closed.json`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ParamMap, paramsFromArrays, paramsToArrays } from '@marco-ts/core';
import type { Exchange, Synchronize } from '../loop/synchronize.ts';
import { type DeltaFormat, decodeDelta, encodeDelta, type FloatArrays } from './delta-codec.ts';
import type { Mailbox } from './mailbox.ts';
import { nesterovOuterStep, type OuterSettings } from './nesterov-outer-step.ts';

/** Who the worker is, where it meets the others, and how a round goes. */
export interface DilocoOptions extends Partial<OuterSettings> {
  readonly mailbox: Mailbox;
  /** Unique among the workers, and the same when a worker is started again. */
  readonly workerId: string;
  /** Inner steps of a round; the paper's 500 suit long runs, short ones need fewer. */
  readonly every: number;
  /** Of recipe, data and model: workers of another run are refused. */
  readonly configHash: string;
  /** How moves are sent; default `bf16`. */
  readonly format?: DeltaFormat;
  /** Workers that a round waits for at least, until the timeout; default 1. */
  readonly minWorkers?: number;
  /** How long a round waits, after this worker's own move, for those that joined it; default 10 minutes. */
  readonly timeoutMs?: number;
  /** Between two looks into the mailbox; default 1 second. */
  readonly pollMs?: number;
  readonly signal?: AbortSignal;
}

/** A member of a common run, given to `train` as `synchronize`. */
export interface DilocoWorker extends Synchronize {
  /** Tells the others not to wait for this worker in the round at hand; its steps since the last exchange are lost to them. */
  leave(): Promise<void>;
}

/** The common state before a round. */
interface Outer {
  readonly round: number;
  readonly params: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
  readonly momentum: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/** Rounds whose files stay, for workers that are late. */
const KEPT_ROUNDS = 2;

/** @throws Error when an option is out of range; `join` when the mailbox belongs to another run */
export function createDilocoWorker(options: DilocoOptions): DilocoWorker {
  const { mailbox, workerId, every, configHash, format = 'bf16', minWorkers = 1 } = options;
  const { learningRate = 0.7, momentum = 0.9, timeoutMs = 600_000, pollMs = 1000, signal } = options;
  requireOptions({ workerId, every, minWorkers, timeoutMs, pollMs });
  let outer: Outer | undefined;
  let shapes: ReadonlyMap<string, readonly number[]> = new Map();
  const sizes = () => new Map([...shapes].map(([name, shape]) => [name, shape.reduce((a, b) => a * b, 1)]));

  const readOuter = async (round: number): Promise<Outer | undefined> => {
    const key = outerKey(round);
    const bytes = await mailbox.get(key);
    if (bytes === undefined) return undefined;
    const expected = new Map(
      [...sizes()].flatMap(([name, size]) => ['params', 'momentum'].map((kind) => [`${kind}/${name}`, size] as const)),
    );
    const arrays = decodeDelta(bytes, expected, `${mailbox.place}/${key}`);
    const part = (kind: string) =>
      new Map([...shapes.keys()].map((name) => [name, arrays.get(`${kind}/${name}`)! as Float32Array<ArrayBuffer>]));
    return { round, params: part('params'), momentum: part('momentum') };
  };
  const closedWorkers = async (round: number): Promise<readonly string[] | undefined> => {
    const bytes = await mailbox.get(closedKey(round));
    return bytes === undefined
      ? undefined
      : (JSON.parse(Buffer.from(bytes).toString()) as { workers: string[] }).workers;
  };
  /** As `closedWorkers`; nobody where the others are so far ahead that the files of the round are gone. */
  const countedWorkers = async (round: number): Promise<readonly string[] | undefined> => {
    const workers = await closedWorkers(round);
    if (workers !== undefined || (await newestRound(mailbox)) <= round) return workers;
    return (await closedWorkers(round)) ?? [];
  };
  /** The outer step of a closed round, the same whoever computes it. */
  const advance = async (from: Outer, workers: readonly string[]): Promise<Outer> => {
    const sum = new Map([...from.params].map(([name, values]) => [name, new Float64Array(values.length)]));
    for (const worker of workers) {
      const key = deltaKey(from.round, worker);
      const bytes = await mailbox.get(key);
      if (bytes === undefined)
        throw dilocoError('a closed round must have its moves', 'nothing', `${mailbox.place}/${key}`);
      for (const [name, values] of decodeDelta(bytes, sizes(), `${mailbox.place}/${key}`)) {
        const total = sum.get(name)!;
        for (let i = 0; i < values.length; i++) total[i]! += values[i]!;
      }
    }
    const params = new Map<string, Float32Array<ArrayBuffer>>();
    const momenta = new Map<string, Float32Array<ArrayBuffer>>();
    for (const [name, total] of sum) {
      const delta = Float32Array.from(total, (value) => value / workers.length);
      const state = { params: from.params.get(name)!, momentum: from.momentum.get(name)!, delta };
      const next = nesterovOuterStep(state, { learningRate, momentum });
      params.set(name, next.params);
      momenta.set(name, next.momentum);
    }
    return { round: from.round + 1, params, momentum: momenta };
  };
  const publish = async (state: Outer) => {
    await mailbox.putIfAbsent(outerKey(state.round), encodeDelta(outerArrays(state), 'f32'));
  };
  /** The newest common state there is, and the step beyond it where a round was closed and its result not yet written. */
  const newest = async (): Promise<Outer> => {
    const state = await readOuter(await newestRound(mailbox));
    if (state === undefined) return newest();
    const workers = await closedWorkers(state.round);
    if (workers === undefined) return state;
    const next = await advance(state, workers);
    await publish(next);
    return next;
  };
  const enter = async (state: Outer) => {
    outer = state;
    await mailbox.put(joinedKey(state.round, workerId), Buffer.from(''));
  };
  const toParams = ({ params }: Outer): ParamMap =>
    paramsFromArrays(new Map([...shapes].map(([name, shape]) => [name, { shape, data: params.get(name)! }])));

  /** Waits until the round is closed, closing it when everybody is there or the time is up. @returns undefined when told to stop */
  const close = async (
    round: number,
  ): Promise<{ workers: readonly string[]; missing: readonly string[] } | undefined> => {
    const startedAt = performance.now();
    for (;;) {
      const workers = await countedWorkers(round);
      const joined = await names(mailbox, `rounds/${padded(round)}/joined/`);
      if (workers !== undefined) return { workers, missing: joined.filter((name) => !workers.includes(name)) };
      const delivered = await names(mailbox, `rounds/${padded(round)}/delta/`);
      const isComplete = delivered.length >= minWorkers && joined.every((name) => delivered.includes(name));
      if (isComplete || performance.now() - startedAt > timeoutMs) {
        await mailbox.putIfAbsent(closedKey(round), Buffer.from(JSON.stringify({ workers: delivered })));
        continue;
      }
      if (signal?.aborted) return undefined;
      await sleep(pollMs);
    }
  };

  return {
    every,
    async join(params, step) {
      shapes = new Map([...params].map(([name, tensor]) => [name, tensor.shape]));
      await requireSameRun(mailbox, { configHash, every, learningRate, momentum });
      if ((await mailbox.list('outer/')).length === 0) await publish(await firstOuter(params));
      const state = await newest();
      await enter(state);
      const firstStep = state.round * every;
      // A worker that comes back within the round that is still open goes on where it was.
      if (step > firstStep && step < firstStep + every) return { params, step };
      return { params: toParams(state), step: firstStep };
    },
    async exchange(params, step): Promise<Exchange> {
      const startedAt = performance.now();
      const from = outer!;
      const notes: string[] = [];
      const { delta, norm } = await moveOf(params, from.params);
      const message = encodeDelta(delta, format);
      const isLate = (await countedWorkers(from.round)) !== undefined;
      if (!isLate) await mailbox.put(deltaKey(from.round, workerId), message);
      const closed = await close(from.round);
      const waitMs = performance.now() - startedAt;
      if (closed === undefined)
        return {
          params,
          step,
          metrics: { round: from.round, moveNorm: norm, waitMs },
          notes: ['stopped while waiting'],
        };
      const { workers, missing } = closed;
      let next: Outer;
      if (workers.includes(workerId)) {
        next = await advance(from, workers);
        await publish(next);
        if (workers[0] === workerId) await forget(mailbox, from.round - KEPT_ROUNDS);
        const others = missing.filter((name) => name !== workerId);
        if (others.length > 0) notes.push(`round ${from.round} went on without ${others.join(', ')}`);
      } else {
        next = await newest();
        notes.push(`round ${from.round} was closed without this worker; it goes on with round ${next.round}`);
      }
      await enter(next);
      const bytesSent = isLate ? 0 : message.length;
      return {
        params: toParams(next),
        step: next.round * every,
        metrics: { round: from.round, workers: workers.length, moveNorm: norm, bytesSent, waitMs },
        notes,
      };
    },
    async leave() {
      if (outer === undefined) return;
      const { round } = outer;
      if ((await mailbox.get(deltaKey(round, workerId))) === undefined)
        await mailbox.remove(joinedKey(round, workerId));
    },
  };
}

async function firstOuter(params: ParamMap): Promise<Outer> {
  const arrays = [...(await paramsToArrays(params))].map(
    ([name, { data }]) => [name, data as Float32Array<ArrayBuffer>] as const,
  );
  return {
    round: 0,
    params: new Map(arrays),
    momentum: new Map(arrays.map(([name, { length }]) => [name, new Float32Array(length)])),
  };
}

/** How far a worker has moved: the common parameters minus its own. */
async function moveOf(params: ParamMap, common: FloatArrays): Promise<{ delta: FloatArrays; norm: number }> {
  const delta = new Map<string, Float32Array>();
  let sumOfSquares = 0;
  for (const [name, { data }] of await paramsToArrays(params)) {
    const move = Float32Array.from(common.get(name)!, (value, i) => value - data[i]!);
    for (const value of move) sumOfSquares += value * value;
    delta.set(name, move);
  }
  return { delta, norm: Math.sqrt(sumOfSquares) };
}

function outerArrays({ params, momentum }: Outer): FloatArrays {
  return new Map(
    [...params].flatMap(([name, values]) => [
      [`params/${name}`, values],
      [`momentum/${name}`, momentum.get(name)!],
    ]),
  );
}

const padded = (round: number) => String(round).padStart(9, '0');
const outerKey = (round: number) => `outer/${padded(round)}`;
const closedKey = (round: number) => `rounds/${padded(round)}/closed.json`;
const deltaKey = (round: number, worker: string) => `rounds/${padded(round)}/delta/${worker}`;
const joinedKey = (round: number, worker: string) => `rounds/${padded(round)}/joined/${worker}`;

async function names(mailbox: Mailbox, prefix: string): Promise<string[]> {
  return (await mailbox.list(prefix)).map((key) => key.slice(prefix.length));
}

/** @returns -1 when there is none */
async function newestRound(mailbox: Mailbox): Promise<number> {
  return Math.max(-1, ...(await names(mailbox, 'outer/')).map(Number));
}

/** Takes away the files of a round that nobody needs any more. */
async function forget(mailbox: Mailbox, round: number): Promise<void> {
  if (round < 0) return;
  for (const key of await mailbox.list(`rounds/${padded(round)}/`)) await mailbox.remove(key);
  await mailbox.remove(outerKey(round));
}

async function requireSameRun(mailbox: Mailbox, run: Readonly<Record<string, string | number>>): Promise<void> {
  const mine = JSON.stringify(run);
  await mailbox.putIfAbsent('run.json', Buffer.from(mine));
  const theirs = Buffer.from((await mailbox.get('run.json')) ?? []).toString();
  if (theirs !== mine) {
    throw dilocoError(
      `workers must agree on ${theirs}`,
      mine,
      mailbox.place,
      'Restore that recipe or choose another mailbox.',
    );
  }
}

function requireOptions({ workerId, ...counts }: { workerId: string; [count: string]: number | string }): void {
  if (!/^[\w.-]+$/.test(workerId) || workerId.startsWith('.'))
    throw dilocoError('workerId must be of letters, digits, _ - .', JSON.stringify(workerId), 'options', 'Rename it.');
  for (const [field, value] of Object.entries(counts)) {
    if (!((value as number) > 0)) throw dilocoError(`${field} must be > 0`, String(value), 'options', 'Correct it.');
  }
}

function dilocoError(rule: string, got: string, at: string, nextStep = 'Is the mailbox shared by two runs?'): Error {
  return new Error(`[@marco-ts/trainer] createDilocoWorker: ${rule}, got ${got} at ${at}. ${nextStep}`);
}
