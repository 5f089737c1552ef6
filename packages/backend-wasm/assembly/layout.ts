/**
 * Fixed places in the first page of the shared memory: the job board, the parameters of the current kernel, small buffers per thread.
 *
 * The TypeScript side mirrors PARAMS in `src/runtime/wasm-runtime.ts`.
 */

/** Next task to claim; at or above CLOSED there is nothing to do. */
export const NEXT: usize = 64;
/** Tasks finished in this job. */
export const FINISHED: usize = 128;
/** Workers that may be reading the job board. */
export const INSIDE: usize = 192;
/** Grows by one with each job. */
export const GENERATION: usize = 256;
/** Workers asleep on GENERATION. */
export const SLEEPING: usize = 320;
/** 1 while the main thread sleeps on FINISHED. */
export const MAIN_WAITS: usize = 324;
/** Tasks done by workers since the start. */
export const WORKER_TASKS: usize = 328;
export const KERNEL: usize = 384;
export const TOTAL: usize = 388;
/** 64 slots of 4 bytes. */
export const PARAMS: usize = 512;
/** One tile of 512 bytes per thread, for what a matrix product does not write straight into C: ragged edges and sums to be added. */
const EDGE_TILES: usize = 4096;
export const CLOSED: i32 = 1 << 30;

// @ts-ignore: decorator
@inline
export function edgeTile(thread: i32): usize {
  return EDGE_TILES + (<usize>thread << 9);
}

// @ts-ignore: decorator
@inline
export function paramInt(slot: i32): i32 {
  return load<i32>(PARAMS + (<usize>slot << 2));
}

// @ts-ignore: decorator
@inline
export function paramPointer(slot: i32): usize {
  return <usize>load<u32>(PARAMS + (<usize>slot << 2));
}

// @ts-ignore: decorator
@inline
export function paramFloat(slot: i32): f32 {
  return load<f32>(PARAMS + (<usize>slot << 2));
}
