/** The wasm module: the job board that threads claim tasks from, and its exports. */
export { findOutOfRange } from './copy';
export { tryMicro } from './matrix/micro-kernel';
import { runTask } from './dispatch';
import { CLOSED, FINISHED, GENERATION, INSIDE, KERNEL, MAIN_WAITS, NEXT, SLEEPING, TOTAL, WORKER_TASKS } from './layout';

/** Looks at the board this often before a thread goes to sleep. */
const SPINS: i32 = 20000;

/** Claims and runs tasks until none is left; tells how many it ran. */
function work(thread: i32): i32 {
  let count = 0;
  while (true) {
    const task = atomic.add<i32>(NEXT, 1);
    if (task >= CLOSED) return count;
    if (task >= load<i32>(TOTAL)) return count;
    runTask(load<i32>(KERNEL), task, thread);
    count++;
    atomic.add<i32>(FINISHED, 1);
  }
}

/** The life of a worker thread; never returns. */
export function workerLoop(thread: i32): void {
  let seen: i32 = 0;
  while (true) {
    let spins = 0;
    while (atomic.load<i32>(GENERATION) == seen) {
      if (++spins > SPINS) {
        atomic.add<i32>(SLEEPING, 1);
        atomic.wait<i32>(GENERATION, seen, -1);
        atomic.sub<i32>(SLEEPING, 1);
      }
    }
    seen = atomic.load<i32>(GENERATION);
    atomic.add<i32>(INSIDE, 1);
    atomic.add<i32>(WORKER_TASKS, work(thread));
    atomic.sub<i32>(INSIDE, 1);
    if (atomic.load<i32>(MAIN_WAITS)) atomic.notify(FINISHED, 1);
  }
}

/** Runs one task on the calling thread. */
export function runAlone(kernel: i32, total: i32): void {
  for (let task = 0; task < total; task++) runTask(kernel, task, 0);
}

/**
 * Runs all tasks of a kernel on this thread and on every worker that turns up in time.
 * Parameters must be in place. A worker that comes late finds the board closed; a worker still reading it is waited for.
 */
export function runShared(kernel: i32, total: i32, maySleep: i32): void {
  store<i32>(KERNEL, kernel);
  store<i32>(TOTAL, total);
  atomic.store<i32>(FINISHED, 0);
  atomic.store<i32>(NEXT, 0);
  atomic.add<i32>(GENERATION, 1);
  if (atomic.load<i32>(SLEEPING)) atomic.notify(GENERATION, -1);
  work(0);
  let spins = 0;
  while (atomic.load<i32>(FINISHED) < total) {
    if (maySleep && ++spins > SPINS) {
      atomic.store<i32>(MAIN_WAITS, 1);
      const finished = atomic.load<i32>(FINISHED);
      if (finished < total) atomic.wait<i32>(FINISHED, finished, 200000);
      atomic.store<i32>(MAIN_WAITS, 0);
    }
  }
  atomic.store<i32>(NEXT, CLOSED);
  spins = 0;
  while (atomic.load<i32>(INSIDE) != 0) {
    if (maySleep && ++spins > SPINS) {
      const inside = atomic.load<i32>(INSIDE);
      if (inside != 0) atomic.wait<i32>(INSIDE, inside, 50000);
    }
  }
}

/** Closes the board; called once before any worker starts. */
export function prepare(): void {
  atomic.store<i32>(NEXT, CLOSED);
}

/** How many tasks the workers have done since the start. */
export function tasksByWorkers(): i32 {
  return atomic.load<i32>(WORKER_TASKS);
}
