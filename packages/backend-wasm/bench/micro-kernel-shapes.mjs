/**
 * Register shapes and unrollings of the GEMM micro-kernel, on panels that fit the first-level cache: why assembly/matrix/micro-kernel.ts is 6x8 and not unrolled.
 *
 * Generates each variant as AssemblyScript, compiles it and times it in turns with the others; the best of 300 short runs counts, because another
 * program or a neighbour on the same core slows any one of them.
 * Run: node bench/micro-kernel-shapes.mjs
 * Units: GFLOP/s of float32 on one thread.
 */
import asc from 'assemblyscript/asc';

const VARIANTS = [
  [6, 8, 1],
  [6, 8, 2],
  [6, 8, 4],
  [5, 8, 1],
  [4, 8, 1],
  [4, 8, 2],
  [4, 12, 1],
  [4, 12, 2],
  [3, 16, 1],
  [3, 16, 2],
];
const K = 256;
const REPEATS = 300;
const ROUNDS = 300;

/** AssemblyScript of a rows x columns kernel whose loop covers `unroll` steps of k. */
function source(rows, columns, unroll) {
  const vectors = columns / 4;
  const each = (count, make) => Array.from({ length: count }, (_, i) => make(i)).join('\n');
  const step = (u) => `
    ${each(vectors, (v) => `const b${u}_${v} = v128.load(b, ${(u * vectors + v) * 16});`)}
    ${each(
      rows,
      (r) => `const a${u}_${r} = v128.load32_splat(a, ${(u * rows + r) * 4});
      ${each(vectors, (v) => `c${r}_${v} = f32x4.relaxed_madd(a${u}_${r}, b${u}_${v}, c${r}_${v});`)}`,
    )}`;
  return `
    function micro(k: i32, a: usize, b: usize, c: usize): void {
      ${each(rows, (r) => each(vectors, (v) => `let c${r}_${v} = f32x4.splat(0);`))}
      const end = b + <usize>k * ${columns * 4};
      while (b < end) {
        ${each(unroll, step)}
        a += ${rows * 4 * unroll};
        b += ${columns * 4 * unroll};
      }
      ${each(rows, (r) => each(vectors, (v) => `v128.store(c, c${r}_${v}, ${(r * vectors + v) * 16});`))}
    }
    export function run(k: i32, repeats: i32): void {
      for (let i = 0; i < repeats; i++) micro(k, 65536, 131072, 262144);
    }`;
}

async function compile(text) {
  let wasm;
  const { error, stderr } = await asc.main(
    [
      'variant.ts',
      '--outFile',
      'variant.wasm',
      '--runtime',
      'stub',
      '-O3',
      '--noAssert',
      '--initialMemory',
      '16',
      '--enable',
      'simd,relaxed-simd,bulk-memory',
    ],
    {
      readFile: (name) => (name === 'variant.ts' ? text : null),
      writeFile: (_, contents) => {
        wasm = contents;
      },
    },
  );
  if (error) throw new Error(stderr.toString());
  return (await WebAssembly.instantiate(wasm, {})).instance.exports;
}

const contestants = [];
for (const [rows, columns, unroll] of VARIANTS) {
  contestants.push({ rows, columns, unroll, best: 0, ...(await compile(source(rows, columns, unroll))) });
}
for (let round = 0; round < ROUNDS; round++) {
  for (const contestant of contestants) {
    const { rows, columns, run } = contestant;
    const start = performance.now();
    run(K, REPEATS);
    const flops = 2 * rows * columns * K * REPEATS;
    contestant.best = Math.max(contestant.best, flops / (performance.now() - start) / 1e6);
  }
}
console.table(
  contestants.map(({ rows, columns, unroll, best }) => ({
    shape: `${rows}x${columns}`,
    unroll,
    'GFLOP/s': Number(best.toFixed(1)),
  })),
);
