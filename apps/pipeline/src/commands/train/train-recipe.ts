/**
 * What `marco train` runs on: the pretraining part of a recipe, a folder of shards and a model directory.
 */
import type { Recipe } from '../../config/recipe-schema.ts';
import type { RunRecipe } from '../../runner/stage.ts';

export interface WorkerRecipe {
  readonly slot: number;
  readonly numWorkers: number;
  /** a directory that all workers see, or `s3://bucket/prefix` */
  readonly mailbox: string;
  readonly s3Endpoint?: string;
  readonly innerSteps: number;
  readonly format: 'f32' | 'bf16' | 'int8';
  readonly timeoutSeconds: number;
}

export interface TrainRecipe extends RunRecipe, Pick<Recipe, 'backend' | 'pretrain'> {
  readonly data: Pick<Recipe['data'], 'tiers'>;
  readonly eval: Pick<Recipe['eval'], 'batchTokens'>;
  /** absolute; holds one directory per shard, as `marco run` leaves them in `03-shards/shards` */
  readonly shards: string;
  /** absolute; a Hugging Face directory */
  readonly model: string;
  /** absolute; a file or folder of held-out documents that say their language, for `pretrain.evaluateEverySteps` */
  readonly validation?: string;
  readonly worker?: WorkerRecipe;
}
