/**
 * One wasm instance, its linear memory, its allocator and its threads: everything that kernels need, and nothing of tfjs.
 *
 * Memory: the first pages hold the job board and the parameters (see assembly/layout.ts), the rest is the heap. Views are made anew at each use,
 * because growing a memory that is not shared detaches them.
 * Units: bytes; addresses are unsigned 32-bit numbers.
 */
import { fixedWasm } from '../generated/fixed-wasm.ts';
import { relaxedWasm } from '../generated/relaxed-wasm.ts';
import { wideWasm } from '../generated/wide-wasm.ts';
import { createAllocator } from './allocator.ts';
import { compileWide, isWideGood, type TrialExports } from './compile-wide.ts';
import { decodeBase64 } from './decode-base64.ts';
import { detectSimd, type SimdLevel } from './detect-simd.ts';
import { KERNEL } from './kernel-numbers.ts';
import { type StartingWorkers, startWorkers } from './start-workers.ts';
import { unshareMemory } from './unshare-memory.ts';

export interface WasmRuntimeOptions {
  readonly numThreads?: number;
  readonly simd?: SimdLevel;
  /** false: an ordinary memory and one thread, as in a page without SharedArrayBuffer */
  readonly shared?: boolean;
  /** pages of 64 KiB that the memory may grow to */
  readonly maximumPages?: number;
}

export interface WasmRuntime {
  readonly simd: SimdLevel;
  readonly numThreads: number;
  readonly shared: boolean;
  readonly notes: readonly string[];
  /** columns of B that are packed side by side */
  readonly panelColumns: number;
  /**
   * @param what names the wish in the error when memory runs out
   * @throws Error when the memory is full and `onFull` cannot make room
   */
  allocate(bytes: number, what: () => string): number;
  /** Asks `makeRoom` to free something when the memory is full, again and again until it returns false. */
  onFull(makeRoom: (bytes: number) => boolean): void;
  /**
   * Lets all threads take part in getting memory for allocated bytes that will be written by one: the operating system finds and clears each
   * page at its first use, which takes longer than a copy. What lies there is lost.
   */
  touch(address: number, bytes: number): void;
  free(address: number): void;
  /** Scratch memory for the length of `use`. */
  withScratch<Result>(bytes: number, use: (address: number) => Result): Result;
  floats(address: number, length: number): Float32Array;
  integers(address: number, length: number): Int32Array;
  bytes(address: number, length: number): Uint8Array;
  /** Runs tasks 0 to numTasks - 1 of a kernel; parameters are 32-bit words, floats through `floatBits`. */
  run(kernel: number, numTasks: number, parameters: readonly number[], parallel?: boolean): void;
  /** First index outside [0, limit), or -1. */
  findOutOfRange(address: number, count: number, limit: number): number;
  /** Tasks that worker threads have done so far. */
  tasksByWorkers(): number;
  bytesInUse(): number;
  bytesReserved(): number;
}

interface Exports extends TrialExports {
  prepare(): void;
  runAlone(kernel: number, numTasks: number): void;
  runShared(kernel: number, numTasks: number, maySleep: number): void;
  findOutOfRange(address: number, count: number, limit: number): number;
  tasksByWorkers(): number;
}

const WASM: Readonly<Record<SimdLevel, string>> = { wide: wideWasm, relaxed: relaxedWasm, fixed: fixedWasm };
/** What assembly/matrix/pack.ts packs side by side. */
const PANEL_COLUMNS: Readonly<Record<SimdLevel, number>> = { wide: 16, relaxed: 8, fixed: 8 };
const PAGE = 65536;
const HEAP = PAGE;
const PARAMETERS = 512;
const INITIAL_PAGES = 256;
const MAXIMUM_THREADS = 64;
const TOUCHED_PER_TASK = 2 ** 18;

const bits = new DataView(new ArrayBuffer(4));

/** The 32-bit word of a float, to be put among the parameters. */
export function floatBits(value: number): number {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}

const fail = (rule: string, got: string, next: string): Error =>
  new Error(`[@marco-ts/backend-wasm] registerWasmBackend: ${rule}, got ${got}. ${next}`);

/** How many threads to use, and what to tell about it. */
function chooseThreads(wanted: number | undefined, shared: boolean, notes: string[]): number {
  if (wanted !== undefined && (!Number.isInteger(wanted) || wanted < 1)) {
    throw fail(
      'numThreads must be a whole number of at least 1',
      String(wanted),
      'Leave it out to use every core, up to 8.',
    );
  }
  const cores = Math.min(MAXIMUM_THREADS, globalThis.navigator?.hardwareConcurrency ?? 1);
  if (!shared) {
    if ((wanted ?? cores) > 1)
      notes.push('one thread: no SharedArrayBuffer here (a page must be cross-origin isolated)');
    return 1;
  }
  if (wanted !== undefined && wanted > cores) {
    notes.push(`numThreads ${wanted} is more than the ${cores} cores here; using ${cores}`);
    return cores;
  }
  return wanted ?? Math.min(cores, 8);
}

const isSimdLevel = (name: string): name is SimdLevel => Object.hasOwn(WASM, name);

/** The build to start with; what neither the caller nor the environment names is the best. */
function chooseSimd(asked: string | undefined, notes: string[]): SimdLevel {
  const wanted = asked ?? (globalThis as { process?: NodeJS.Process }).process?.env?.MARCO_WASM_SIMD;
  const found = detectSimd();
  if (!found)
    throw fail(
      'WebAssembly SIMD is needed',
      'an engine without it',
      'Use Node 22.18 or newer, or a browser of 2023 or newer.',
    );
  if (wanted !== undefined && !isSimdLevel(wanted)) {
    throw fail(
      "simd and MARCO_WASM_SIMD must be 'wide', 'relaxed' or 'fixed'",
      String(wanted),
      'Leave it out to use the best there is.',
    );
  }
  if (found === 'fixed' && wanted !== 'fixed')
    notes.push('fixed SIMD: this engine has no relaxed SIMD, products run at about half the speed');
  return found === 'fixed' ? 'fixed' : (wanted ?? 'wide');
}

interface Build {
  readonly simd: SimdLevel;
  readonly module: WebAssembly.Module;
  readonly exports: Exports;
}

/** Compiles a build over the memory; where the wide one is not to be had, the relaxed one. */
async function startBuild(simd: SimdLevel, memory: WebAssembly.Memory, shared: boolean): Promise<Build> {
  const bytes = decodeBase64(WASM[simd]);
  const code = shared ? bytes : unshareMemory(bytes);
  const module = simd === 'wide' ? compileWide(code) : await WebAssembly.compile(code);
  if (!module) return startBuild('relaxed', memory, shared);
  const exports = (await WebAssembly.instantiate(module, { env: { memory } })).exports as unknown as Exports;
  if (simd === 'wide' && !isWideGood(exports, memory, HEAP)) return startBuild('relaxed', memory, shared);
  return { simd, module, exports };
}

/** A memory as large as the engine will reserve. */
function createMemory(shared: boolean, maximumPages: number): WebAssembly.Memory {
  for (let maximum = maximumPages; ; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: Math.min(INITIAL_PAGES, maximum), maximum, shared });
    } catch (error) {
      if (maximum <= 2 * INITIAL_PAGES) throw error;
    }
  }
}

/** Compiles the kernels and starts the threads. */
export async function createWasmRuntime(options: WasmRuntimeOptions = {}): Promise<WasmRuntime> {
  const notes: string[] = [];
  const wanted = chooseSimd(options.simd, notes);
  const shared = (options.shared ?? true) && typeof SharedArrayBuffer !== 'undefined';
  let numThreads = chooseThreads(options.numThreads, shared, notes);
  const memory = createMemory(shared, options.maximumPages ?? 65536);
  const noWorkers = (error: unknown) => {
    notes.push(`one thread: worker threads cannot start here (${String(error)})`);
    return null;
  };
  let workers: StartingWorkers | null = null;
  if (numThreads > 1) {
    try {
      workers = startWorkers(numThreads - 1);
    } catch (error) {
      noWorkers(error);
    }
  }
  const { simd, module, exports } = await startBuild(wanted, memory, shared).catch((error: unknown) => {
    workers?.stop();
    throw error;
  });
  exports.prepare();
  numThreads = 1 + ((await workers?.run(module, memory).catch(noWorkers)) ?? 0);
  // A page's main thread may not sleep; everywhere else it may.
  const maySleep = typeof document === 'undefined' ? 1 : 0;

  const grow = (bytes: number): number => {
    const wanted = Math.ceil(bytes / PAGE);
    const spare = Math.ceil(memory.buffer.byteLength / PAGE / 8);
    for (const pages of [Math.max(wanted, spare, 256), wanted]) {
      try {
        memory.grow(pages);
        return pages * PAGE;
      } catch {
        // Try again with just what is needed; then report 0.
      }
    }
    return 0;
  };
  const allocator = createAllocator(HEAP, memory.buffer.byteLength - HEAP, grow);

  let makeRoom: (bytes: number) => boolean = () => false;
  const allocate = (bytes: number, what: () => string): number => {
    let address = allocator.allocate(bytes);
    while (address < 0 && makeRoom(bytes)) address = allocator.allocate(bytes);
    if (address >= 0) return address;
    const mib = (n: number) => `${(n / 2 ** 20).toFixed(1)} MiB`;
    throw new Error(
      `[@marco-ts/backend-wasm] allocate: the tensors of one operation must fit the 4 GiB of a WebAssembly memory, got ${what()} (${mib(bytes)}) with ` +
        `${mib(allocator.bytesInUse())} of ${mib(memory.buffer.byteLength)} in use. Use a smaller microBatchSize or sequenceLength, turn recomputation on, ` +
        `dispose what is no longer needed, or use the webgpu or node backend.`,
    );
  };

  const run: WasmRuntime['run'] = (kernel, numTasks, parameters, parallel = true) => {
    if (numTasks <= 0) return;
    new Int32Array(memory.buffer, PARAMETERS, parameters.length).set(parameters);
    if (parallel && numTasks > 1 && numThreads > 1) exports.runShared(kernel, numTasks, maySleep);
    else exports.runAlone(kernel, numTasks);
  };
  /** Behind this address nothing has been touched. */
  let touchedTo = HEAP;

  return {
    simd,
    numThreads,
    shared,
    notes: Object.freeze(notes),
    panelColumns: PANEL_COLUMNS[simd],
    allocate,
    onFull(callback) {
      makeRoom = callback;
    },
    free: allocator.free,
    withScratch(bytes, use) {
      const address = allocate(bytes, () => 'scratch memory of a kernel');
      try {
        return use(address);
      } finally {
        allocator.free(address);
      }
    },
    floats: (address, length) => new Float32Array(memory.buffer, address, length),
    integers: (address, length) => new Int32Array(memory.buffer, address, length),
    bytes: (address, length) => new Uint8Array(memory.buffer, address, length),
    run,
    touch(address, bytes) {
      const end = address + bytes;
      const from = Math.max(address, touchedTo);
      touchedTo = Math.max(touchedTo, end);
      if (numThreads > 1 && end - from >= 4 * TOUCHED_PER_TASK) {
        run(KERNEL.touch, Math.ceil((end - from) / TOUCHED_PER_TASK), [from, end, TOUCHED_PER_TASK]);
      }
    },
    findOutOfRange: (address, count, limit) => exports.findOutOfRange(address, count, limit),
    tasksByWorkers: () => exports.tasksByWorkers(),
    bytesInUse: allocator.bytesInUse,
    bytesReserved: () => memory.buffer.byteLength,
  };
}
