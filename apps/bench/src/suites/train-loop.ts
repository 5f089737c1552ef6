/**
 * What the trainer's loop costs over the bare training step (losses by source, guards, events, the JSONL log), and how long it stands still
 * for a checkpoint of parameters and moments.
 *
 * Units: ms per step; percent of the time of the steps between two checkpoints at the interval that the recipes set.
 */
import { createField } from '../contestants/field.ts';
import { startNodeProgram } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { BenchSuite } from '../suite.ts';
import { TRAIN_STEP_SHAPES } from '../train-step-shapes.ts';

const DEFAULT_ROUNDS = 9;
const CHECKPOINT_ROUNDS = 2;
/** `checkpointEverySteps` of the built-in recipes. */
const DEFAULT_INTERVAL = 100;

interface CheckpointCost {
  readonly stallMs: number;
  readonly costMs: number;
  readonly stepSeconds: number;
}

export const trainLoop: BenchSuite = {
  name: 'train-loop',
  summary: 'cost of the training loop over the bare step, and of a checkpoint',
  async *run(context) {
    for (const shape of TRAIN_STEP_SHAPES.filter(({ name }) => name.includes(context.only))) {
      await using field = createField({ ...context, note: () => {} });
      const options = JSON.stringify({ shape, threads: context.threads });
      const contestant = await field.enter('loop', startNodeProgram('train-loop', [options]));
      if (!contestant) continue;
      const { ask } = contestant;
      const times = await alternate(
        (['loop', 'bare'] as const).map((task) => ({
          name: task,
          measure: async () => (await ask<{ seconds: number }>({ task })).seconds * 1000,
        })),
        context.rounds ?? DEFAULT_ROUNDS,
      );
      yield compareCase({
        case: `${shape.name}, step`,
        unit: 'ms',
        better: 'lower',
        ours: times.get('loop')!,
        peers: [['bare', times.get('bare')!]],
      });
      const costs: CheckpointCost[] = [];
      for (let round = 0; round < CHECKPOINT_ROUNDS; round++)
        costs.push(await ask<CheckpointCost>({ task: 'checkpoint' }));
      const share = (ms: (cost: CheckpointCost) => number) =>
        costs.map((cost) => (ms(cost) / 1000 / (cost.stepSeconds * DEFAULT_INTERVAL)) * 100);
      for (const [name, ms] of [
        ['stands still for a checkpoint', ({ stallMs }: CheckpointCost) => stallMs],
        ['takes longer with a checkpoint beside it', ({ costMs }: CheckpointCost) => costMs],
      ] as const) {
        yield compareCase({
          case: `${shape.name}, ${name}`,
          unit: `% of ${DEFAULT_INTERVAL} steps`,
          better: 'lower',
          ours: share(ms),
          peers: [],
        });
      }
    }
  },
};
