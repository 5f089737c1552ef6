/**
 * The training loop: the only one. What is trained, on what and how is all in its arguments; what happens comes out as events.
 *
 * Source: `train` as an async generator after epfml/disco; step order after Hugging Face `Trainer` (schedule(0) at the first step).
 * Laws, held by tests: 1 x 8 micro-batches equal 4 x 2; ten steps equal five, a resume and five, bit for bit; no tensor is left behind.
 */
import { copyParams, disposeParams, type ParamMap } from '@marco-ts/core';
import { describePlace, divergenceError, type FaultPlace } from '../guards/divergence-error.ts';
import { createStepGuard } from '../guards/step-guard.ts';
import { freezeParameters, joinParams, withFrozen } from '../selection/freeze-parameters.ts';
import { accumulateGradients } from './accumulate-gradients.ts';
import { createCheckpointWriter } from './checkpoint-writer.ts';
import { disposeRunState, freshRunState, loadRunState, type RunState } from './run-state.ts';
import { createStepWindow } from './step-window.ts';
import { takeStep } from './take-step.ts';
import type { TrainEvent } from './train-event.ts';
import { requireTrainOptions, type TrainOptions, type TrainResult } from './train-options.ts';
import { isPatienceOver, watch } from './watched-metric.ts';

/**
 * Trains from the newest checkpoint, or from `params`. Leaving the generator early (`break`) frees all that it owns.
 *
 * @throws Error on bad options, on a checkpoint of another configuration, and when a step goes wrong and is not to be skipped
 */
export async function* train<Batch>(options: TrainOptions<Batch>): AsyncGenerator<TrainEvent, TrainResult, void> {
  requireTrainOptions(options);
  const { numSteps, gradAccumSteps = 1, logEvery = 1, optimizer, checkpoints, evaluate, synchronize } = options;
  const { signal, groupNames = [], average, continueFrom } = options;
  const names = [...options.params.keys()];
  const split = freezeParameters(options.params, options.freeze ?? []);
  const lossFn = withFrozen(options.lossFn, split.frozen);
  const guard = createStepGuard(options.guard);
  const firstOptimizerStep = continueFrom?.numSteps ?? 0;
  const tools = { optimizer, guard, average, firstOptimizerStep };
  const window = createStepWindow(groupNames, options.speed);
  const startedAt = performance.now();

  const initOptimizer = (params: ParamMap) =>
    continueFrom === undefined ? optimizer.init(params) : copyParams(continueFrom.optimizerState);
  const loaded =
    checkpoints === undefined ? null : await loadRunState(checkpoints, split.trainable, average !== undefined);
  const run: RunState = loaded?.run ?? freshRunState(split.trainable, initOptimizer, average !== undefined);
  const frozen = copyParams(split.frozen);
  const writer = checkpoints && createCheckpointWriter(checkpoints, run.step);
  let handedOver = false;

  const whole = (): ParamMap => joinParams(names, run.params, frozen);
  const save = async () => {
    if (writer === undefined || writer.begunStep === run.step) return;
    const keepsBest = options.watch?.keepBest && run.watched.best !== null;
    await writer.begin(run, keepsBest ? [run.watched.best!.step] : []);
  };
  const saveAndSettle = async () => {
    await save();
    await writer?.settle();
    return writer?.finished() ?? [];
  };
  const place = (batches: readonly Batch[], groups: FaultPlace['groups']): FaultPlace => ({
    step: run.step + 1,
    batches,
    firstMicroBatch: run.step * gradAccumSteps,
    groupNames,
    groups,
  });
  const evaluateNow = async (): Promise<TrainEvent> => {
    const before = performance.now();
    const metrics = await evaluate!.run(whole(), run.step, run.average && joinParams(names, run.average, frozen));
    if (options.watch !== undefined) run.watched = watch(options.watch, run.watched, metrics, run.step);
    const isBest = options.watch !== undefined && run.watched.best?.step === run.step;
    const durationMs = performance.now() - before;
    return { type: 'evaluation-completed', step: run.step, metrics, durationMs, ...(isBest ? { isBest } : {}) };
  };
  const takeUp = (shared: { readonly params: ParamMap; readonly step: number }) => {
    if (shared.params !== run.params) disposeParams(run.params);
    run.params = shared.params;
    run.step = Math.min(shared.step, numSteps);
  };
  const isStoppedEarly = () => options.watch !== undefined && isPatienceOver(options.watch, run.watched);
  const result = (interrupted: boolean): TrainResult => {
    handedOver = true;
    const { best } = run.watched;
    if (!options.keepOptimizerState) disposeParams(run.optimizerState);
    return {
      params: whole(),
      step: run.step,
      totalTokens: run.totalTokens,
      interrupted,
      stoppedEarly: !interrupted && isStoppedEarly(),
      ...(run.average === undefined ? {} : { average: joinParams(names, run.average, copyParams(frozen)) }),
      ...(options.keepOptimizerState ? { optimizerState: run.optimizerState } : {}),
      ...(best === null ? {} : { best }),
    };
  };

  try {
    if (run.step > numSteps) {
      throw new Error(
        `[@marco-ts/trainer] train: numSteps must not be below the checkpoint's step ${run.step}, got ${numSteps}. Raise numSteps or choose another directory.`,
      );
    }
    if (synchronize !== undefined) takeUp(await synchronize.join(run.params, run.step));
    yield { type: 'run-started', step: run.step, numSteps, resumed: loaded !== null };
    for (const reason of loaded?.skipped ?? []) {
      const message = `Passed over a damaged checkpoint: ${reason}`;
      yield { type: 'warning', step: run.step, code: 'checkpoint-skipped', message };
    }
    if (evaluate?.atStart && run.step === 0) yield await evaluateNow();

    while (run.step < numSteps && !isStoppedEarly()) {
      if (signal?.aborted) {
        yield* await saveAndSettle();
        yield { type: 'run-interrupted', step: run.step };
        return result(true);
      }
      const stepStartedAt = performance.now();
      const batches: Batch[] = [];
      for (let micro = 0; micro < gradAccumSteps; micro++)
        batches.push(await options.batchAt(run.step * gradAccumSteps + micro));
      const accumulated = await accumulateGradients(run.params, lossFn, batches);
      let warning: { readonly code: 'empty-batch' | 'step-skipped'; readonly message: string } | undefined;
      try {
        if (accumulated.weight === 0) {
          warning = {
            code: 'empty-batch',
            message: `Step ${run.step + 1} predicts no token; its update was left out.`,
          };
        } else {
          const outcome = await takeStep(tools, run, accumulated);
          if ('metrics' in outcome) {
            run.totalTokens += accumulated.numTokens;
            window.add(accumulated, outcome.metrics, performance.now() - stepStartedAt);
          } else {
            const where = place(batches, accumulated.groups);
            if (!guard.skips(run.guardHistory)) {
              await writer?.settle();
              throw divergenceError(outcome.fault, where, writer?.savedStep ?? 0);
            }
            run.guardHistory = guard.skipped(run.guardHistory);
            const message = `Left out the update of ${describePlace(where)}: ${outcome.fault}.`;
            warning = { code: 'step-skipped', message };
          }
        }
      } finally {
        disposeParams(accumulated.grads);
      }
      run.step++;
      if (warning !== undefined) yield { type: 'warning', step: run.step, ...warning };

      const isDue = (every: number | undefined) =>
        every !== undefined && (run.step % every === 0 || run.step === numSteps);
      const exchanges = synchronize !== undefined && isDue(synchronize.every);
      const evaluates = isDue(evaluate?.every);
      const saves = isDue(checkpoints?.every);
      const logs = isDue(logEvery) || evaluates || saves || exchanges || signal?.aborted;
      if (logs && !window.isEmpty) yield window.flush({ step: run.step, numSteps, totalTokens: run.totalTokens });
      if (exchanges) {
        const before = performance.now();
        const exchange = await synchronize.exchange(run.params, run.step);
        takeUp(exchange);
        const { metrics, notes } = exchange;
        yield { type: 'round-completed', step: run.step, metrics, notes, durationMs: performance.now() - before };
      }
      if (evaluates) yield await evaluateNow();
      const isBest = evaluates && options.watch?.keepBest && run.watched.best?.step === run.step;
      if (saves || isBest || isStoppedEarly()) await save();
      yield* writer?.finished() ?? [];
      await nextMacrotask();
    }
    yield* await saveAndSettle();
    const stoppedEarly = isStoppedEarly();
    const { best } = run.watched;
    yield {
      type: 'run-finished',
      step: run.step,
      totalTokens: run.totalTokens,
      durationMs: performance.now() - startedAt,
      ...(best === null ? {} : { best }),
      ...(stoppedEarly ? { stoppedEarly } : {}),
    };
    return result(false);
  } finally {
    await writer?.close();
    if (!handedOver) {
      disposeRunState(run);
      disposeParams(frozen);
    }
  }
}

/** Lets signal handlers, timers and progress bars run between two steps of synchronous maths. */
function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
