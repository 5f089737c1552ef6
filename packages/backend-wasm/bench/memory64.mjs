/**
 * What 64-bit addresses would cost: the 6x8 micro-kernel of matrix products, and a pass over a large array, in a 32-bit and in a 64-bit memory.
 *
 * AssemblyScript emits no 64-bit modules, so both are written here as WebAssembly text that differs in the address type alone, and assembled by
 * the binaryen that AssemblyScript brings. Variants take turns; the best of the rounds counts.
 * Run: node bench/memory64.mjs
 * Units: GFLOP/s of float32 on one thread; GB/s read.
 */
const { default: binaryen } = await import(
  new URL('../../binaryen/index.js', import.meta.resolve('assemblyscript/asc')).href
);

const K = 256;
const REPEATS = 200;
const ARRAY_BYTES = 64 * 2 ** 20;
const ROUNDS = 100;
const GIB = 2 ** 30;

/** @param address 'i32' or 'i64'; @param pages of 64 KiB */
function source(address, pages) {
  const rows = [0, 1, 2, 3, 4, 5];
  const sums = rows.flatMap((row) => [`$c${row}0`, `$c${row}1`]);
  const pointer = (value) => `(${address}.const ${value})`;
  return `(module
    (memory (export "memory") ${address === 'i64' ? 'i64 ' : ''}${pages} ${pages})
    (func $micro (param $a ${address}) (param $b ${address}) (param $c ${address}) (param $end ${address})
      (local $b0 v128) (local $b1 v128) (local $x v128) ${sums.map((name) => `(local ${name} v128)`).join(' ')}
      (loop $next
        (local.set $b0 (v128.load (local.get $b)))
        (local.set $b1 (v128.load offset=16 (local.get $b)))
        ${rows
          .map(
            (row) => `(local.set $x (v128.load32_splat offset=${4 * row} (local.get $a)))
            (local.set $c${row}0 (f32x4.relaxed_madd (local.get $x) (local.get $b0) (local.get $c${row}0)))
            (local.set $c${row}1 (f32x4.relaxed_madd (local.get $x) (local.get $b1) (local.get $c${row}1)))`,
          )
          .join('\n')}
        (local.set $a (${address}.add (local.get $a) ${pointer(24)}))
        (local.set $b (${address}.add (local.get $b) ${pointer(32)}))
        (br_if $next (${address}.lt_u (local.get $b) (local.get $end))))
      ${sums.map((name, i) => `(v128.store offset=${16 * i} (local.get $c) (local.get ${name}))`).join('\n')})
    (func (export "multiply") (param $base ${address}) (param $repeats i32)
      (loop $next
        (call $micro (local.get $base) (${address}.add (local.get $base) ${pointer(65536)})
          (${address}.add (local.get $base) ${pointer(131072)}) (${address}.add (local.get $base) ${pointer(65536 + 32 * K)}))
        (br_if $next (local.tee $repeats (i32.sub (local.get $repeats) (i32.const 1))))))
    (func (export "sum") (param $at ${address}) (param $bytes ${address}) (result f32)
      (local $end ${address}) (local $s v128) (local $t v128)
      (local.set $end (${address}.add (local.get $at) (local.get $bytes)))
      (loop $next
        (local.set $s (f32x4.add (local.get $s) (v128.load (local.get $at))))
        (local.set $t (f32x4.add (local.get $t) (v128.load offset=16 (local.get $at))))
        (local.set $at (${address}.add (local.get $at) ${pointer(32)}))
        (br_if $next (${address}.lt_u (local.get $at) (local.get $end))))
      (f32x4.extract_lane 0 (f32x4.add (local.get $s) (local.get $t)))))`;
}

async function start(address, gib) {
  const module = binaryen.parseText(source(address, (gib * GIB) / 65536));
  module.setFeatures(binaryen.Features.All);
  if (!module.validate()) throw new Error(`the ${address} text must be valid`);
  const { instance } = await WebAssembly.instantiate(module.emitBinary());
  return instance.exports;
}

const variants = [];
for (const [name, address, gib, base] of [
  ['32-bit memory', 'i32', 1, 0],
  ['64-bit memory, low addresses', 'i64', 1, 0],
  ['64-bit memory of 8 GiB, addresses above 6 GiB', 'i64', 8, 6 * GIB],
]) {
  try {
    const exports = await start(address, gib);
    const pointer = address === 'i64' ? BigInt : Number;
    new Float32Array(exports.memory.buffer, base, ARRAY_BYTES / 4).fill(1e-3);
    variants.push({
      name,
      multiply: () => exports.multiply(pointer(base), REPEATS),
      sum: () => exports.sum(pointer(base), pointer(ARRAY_BYTES)),
      gflops: 0,
      gbs: 0,
    });
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
}
for (let round = 0; round < ROUNDS; round++) {
  for (const variant of variants) {
    let before = performance.now();
    variant.multiply();
    variant.gflops = Math.max(variant.gflops, (2 * 48 * K * REPEATS) / (performance.now() - before) / 1e6);
    before = performance.now();
    variant.sum();
    variant.gbs = Math.max(variant.gbs, ARRAY_BYTES / (performance.now() - before) / 1e6);
  }
}
console.table(
  variants.map(({ name, gflops, gbs }) => ({
    name,
    'GFLOP/s': Number(gflops.toFixed(1)),
    'GB/s': Number(gbs.toFixed(1)),
  })),
);
