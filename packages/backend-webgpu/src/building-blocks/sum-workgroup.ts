/**
 * WGSL that sums one value per invocation over a workgroup, in the same order on every run.
 *
 * Source: Harris 2007, "Optimizing Parallel Reduction in CUDA" (halving the number of summands in shared memory).
 * Differs: needs no subgroup operations, which not every adapter has.
 */

/**
 * @param size invocations of the workgroup, a power of two, all of which must call it
 * @returns the function `sumWorkgroup(value, invocation)`, which gives the sum to every invocation
 */
export function sumWorkgroup(size: number): string {
  return `
var<workgroup> summands: array<f32, ${size}>;
fn sumWorkgroup(value: f32, invocation: u32) -> f32 {
  summands[invocation] = value;
  workgroupBarrier();
  for (var width = ${size / 2}u; width > 0u; width >>= 1u) {
    if (invocation < width) { summands[invocation] += summands[invocation + width]; }
    workgroupBarrier();
  }
  let sum = summands[0];
  workgroupBarrier();
  return sum;
}`;
}
