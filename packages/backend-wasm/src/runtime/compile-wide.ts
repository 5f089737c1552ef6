/**
 * The wide build: 128-bit code that V8 joins in pairs into 256-bit AVX2 instructions, the only way from WebAssembly to vectors of eight floats.
 *
 * V8 does this in its optimizing compiler behind a flag ("revectorization", in Node since 22; off by default). The flag is set for the
 * length of one compilation, which is synchronous and complete, so that no other module of the process is compiled with it. What comes out is tried before it
 * is used: whole numbers must be exact, and the kernel must beat one that V8 cannot join.
 */

/** V8's settings while it compiles: join pairs of operations; use the optimizing compiler at once, for all of a module. */
const SETTINGS = { 'experimental-wasm-revectorize': true, liftoff: false, 'wasm-lazy-compilation': false };

interface NodeProcess {
  readonly arch?: string;
  readonly versions?: Readonly<Record<string, string | undefined>>;
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?(name: 'node:v8'): NodeV8;
}

interface NodeV8 {
  setFlagsFromString(flag: string): void;
}

/** Exports of every build that the trial needs. */
export interface TrialExports {
  tryMicro(wide: number, kc: number, a: number, b: number, c: number, repeats: number): void;
}

/** V8's switches where the engine is Node's V8 on x64, else undefined. */
function nodeV8(): NodeV8 | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  const { versions } = process ?? {};
  if (process?.arch !== 'x64' || !versions?.v8 || versions.bun || versions.deno || versions.electron) return undefined;
  return process.getBuiltinModule?.('node:v8');
}

/** Whether a wide build can be compiled; whether it is worth it, `isWideGood` says. */
export function canCompileWide(): boolean {
  return nodeV8() !== undefined;
}

/** @returns null where `canCompileWide` is false */
export function compileWide(code: Uint8Array<ArrayBuffer>): WebAssembly.Module | null {
  const v8 = nodeV8();
  if (!v8) return null;
  const { process } = globalThis as { process?: NodeProcess };
  // What the user set by hand stays as it is.
  const given = [...(process?.execArgv ?? []), process?.env?.NODE_OPTIONS ?? ''].join(' ').replaceAll('_', '-');
  const settings = Object.entries(SETTINGS).filter(([name]) => !given.includes(name));
  const set = (name: string, on: boolean) => v8.setFlagsFromString(`--${on ? '' : 'no-'}${name}`);
  for (const [name, on] of settings) set(name, on);
  try {
    return new WebAssembly.Module(code);
  } finally {
    for (const [name, on] of settings) set(name, !on);
  }
}

const ROWS = 6;
const COLUMNS = 16;
const DEPTH = 256;
const REPEATS = 4;
const ROUNDS = 40;
/** As often is tried again where it does not look worth it: a busy machine must not cost the rest of a run. */
const TRIES = 10;
/** 1.5 to 1.75 where V8 joins operations, 0.5 to 1.1 where it does not: without the setting, without AVX2. */
const WORTH = 1.25;

/**
 * Whether the wide kernel is right and worth it.
 * @param address 32 KiB of memory that nobody else uses
 */
export function isWideGood(exports: TrialExports, memory: WebAssembly.Memory, address: number): boolean {
  const [a, b, c] = [address, address + 8192, address + 24576];
  const floats = (at: number, length: number) => new Float32Array(memory.buffer, at, length);
  const [rows, columns, result] = [floats(a, ROWS * DEPTH), floats(b, COLUMNS * DEPTH), floats(c, ROWS * COLUMNS)];
  for (let i = 0; i < rows.length; i++) rows[i] = ((i * 7) % 19) - 9;
  for (let i = 0; i < columns.length; i++) columns[i] = ((i * 11) % 23) - 11;
  exports.tryMicro(1, DEPTH, a, b, c, 1);
  for (let i = 0; i < ROWS; i++) {
    for (let j = 0; j < COLUMNS; j++) {
      let sum = 0;
      for (let k = 0; k < DEPTH; k++) sum += rows[k * ROWS + i]! * columns[k * COLUMNS + j]!;
      if (result[i * COLUMNS + j] !== sum) return false;
    }
  }
  // Twice as many narrow tiles make the same number of products. The best of some short runs each, in turns.
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 1; round <= TRIES * ROUNDS; round++) {
    for (const wide of [0, 1]) {
      const start = performance.now();
      exports.tryMicro(wide, DEPTH, a, b, c, REPEATS * (2 - wide));
      best[wide] = Math.min(best[wide]!, performance.now() - start);
    }
    if (round % ROUNDS === 0 && best[0]! / best[1]! > WORTH) return true;
  }
  return false;
}
