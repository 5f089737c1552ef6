/**
 * The keys and values of all tokens so far, with room for more: a new token is written in place, and nothing else is copied.
 *
 * Room grows by a quarter at a time, so that a token costs a constant amount of copying however long the text. Unused columns carry
 * segment -1, which no query sees. Where tensors do not lie in the processor's memory they cannot be written to, and grow by concatenation.
 *
 * Shapes: B rows, L new tokens, C columns with room, S columns to attend to, K key/value heads, H head size.
 */
import { tf } from '@marco-ts/core';
import { modelError } from '../model-error.ts';
import type { KeyValues } from '../qwen2/qwen2-layer.ts';

/** Backends whose tensors lie in the processor's memory. */
const HOST_BACKENDS = new Set(['cpu', 'marco-wasm']);
const LEAST_ROOM = 64;

export interface KeyValueCacheOptions {
  readonly batchSize: number;
  /** Columns that will be needed at most. */
  readonly maxLength: number;
  /** @default whether the current backend's tensors lie in the processor's memory */
  readonly writesInPlace?: boolean;
}

export class KeyValueCache {
  private readonly layers: KeyValues[] = [];
  private readonly maxLength: number;
  private readonly writesInPlace: boolean;
  private batchSize: number;
  private capacity = 0;
  private length = 0;
  /** Columns that the step under way adds. */
  private added = 0;
  /** [B, C] in row-major order; -1 is padding and unused room. */
  private segmentIds = new Int32Array(0);

  constructor({ batchSize, maxLength, writesInPlace = HOST_BACKENDS.has(tf.getBackend()) }: KeyValueCacheOptions) {
    this.writesInPlace = writesInPlace;
    this.batchSize = batchSize;
    this.maxLength = maxLength;
  }

  /**
   * Makes room for a step: the prompts first, then one token per row and step.
   *
   * @param segmentIds [B, L] of the new tokens
   * @returns the segments [B, S] of the columns that `append` will return
   */
  beginStep(segmentIds: Int32Array): Int32Array {
    const { batchSize: B, length, capacity } = this;
    const L = segmentIds.length / B;
    if (length > 0 && L !== 1) {
      throw modelError(
        'KeyValueCache',
        `after the prompts a step must add one token per row, got ${L}. Add one by one.`,
      );
    }
    this.added = L;
    this.length = length + L;
    if (this.length > capacity) {
      const room = this.writesInPlace ? Math.max(LEAST_ROOM, this.length >> 2) : 0;
      this.capacity = Math.max(this.length, Math.min(this.maxLength, this.length + room));
      const wider = new Int32Array(B * this.capacity).fill(-1);
      for (let row = 0; row < B; row++) {
        wider.set(this.segmentIds.subarray(row * capacity, row * capacity + length), row * this.capacity);
      }
      this.segmentIds = wider;
    }
    for (let row = 0; row < B; row++) {
      this.segmentIds.set(segmentIds.subarray(row * L, (row + 1) * L), row * this.capacity + length);
    }
    return length === 0 ? segmentIds : this.segmentIds;
  }

  /**
   * Adds the keys and values of the step's tokens to a layer; layers come in order.
   *
   * @param added [B, L, K, H]; not disposed
   * @returns all there is to attend to [B, S, K, H]; owned by the cache, or what came in when that is all
   */
  append(layer: number, added: KeyValues): KeyValues {
    const isFirst = this.length === this.added;
    const past = this.layers[layer];
    const k_BSKH = this.extend(past?.k_BSKH, added.k_BSKH);
    this.layers[layer] = { k_BSKH, v_BSKH: past?.v_BSKH ?? k_BSKH };
    const v_BSKH = this.extend(past?.v_BSKH, added.v_BSKH);
    this.layers[layer] = { k_BSKH, v_BSKH };
    return isFirst ? added : { k_BSKH, v_BSKH };
  }

  /** Keeps only these rows. */
  selectRows(rows: readonly number[]): void {
    const { capacity } = this;
    const segmentIds = new Int32Array(rows.length * capacity);
    for (const [i, row] of rows.entries()) {
      segmentIds.set(this.segmentIds.subarray(row * capacity, (row + 1) * capacity), i * capacity);
    }
    const indices = tf.tensor1d([...rows], 'int32');
    const gather = (x: tf.Tensor4D): tf.Tensor4D => {
      const selected = tf.keep(tf.gather(x, indices)) as tf.Tensor4D;
      x.dispose();
      return selected;
    };
    for (const [i, { k_BSKH, v_BSKH }] of this.layers.entries()) {
      this.layers[i] = { k_BSKH: gather(k_BSKH), v_BSKH: gather(v_BSKH) };
    }
    indices.dispose();
    this.segmentIds = segmentIds;
    this.batchSize = rows.length;
  }

  close(): void {
    for (const { k_BSKH, v_BSKH } of this.layers) tf.dispose([k_BSKH, v_BSKH]);
    this.layers.length = 0;
  }

  private extend(past: tf.Tensor4D | undefined, added: tf.Tensor4D): tf.Tensor4D {
    if (!this.writesInPlace) {
      const longer = tf.keep(past ? tf.concat([past, added], 1) : tf.clone(added));
      past?.dispose();
      return longer;
    }
    if (!past) return widen(added, this.capacity);
    const target = past.shape[1] < this.capacity ? widen(past, this.capacity) : past;
    if (target !== past) past.dispose();
    writeColumns(target, added, this.length - this.added);
    return target;
  }
}

/** @returns [B, C, K, H] with zeros in the new columns, which are its own to write to */
function widen(x: tf.Tensor4D, capacity: number): tf.Tensor4D {
  const room = capacity - x.shape[1];
  return tf.keep(
    tf.pad(x, [
      [0, 0],
      [0, room],
      [0, 0],
      [0, 0],
    ]) as tf.Tensor4D,
  );
}

/** target[:, column : column + L] = source, without a new tensor: nothing but the cache holds the target. */
function writeColumns(target_BCKH: tf.Tensor4D, source_BLKH: tf.Tensor4D, column: number): void {
  const [B, C, K, H] = target_BCKH.shape;
  const L = source_BLKH.shape[1];
  const target = hostValues(target_BCKH);
  const source = hostValues(source_BLKH);
  const width = K * H;
  for (let row = 0; row < B; row++) {
    target.set(source.subarray(row * L * width, (row + 1) * L * width), (row * C + column) * width);
  }
}

/** The numbers themselves, not a copy: tfjs's processor backends keep them as `values`. */
function hostValues(tensor: tf.Tensor): Float32Array {
  const { data } = tf.backend() as unknown as { data: { get(dataId: object): { values: Float32Array } } };
  return data.get(tensor.dataId).values;
}
