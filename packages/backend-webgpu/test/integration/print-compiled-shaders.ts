/**
 * Compiles the product shaders of adapters that nobody here has, by Dawn's null backend, which checks everything and computes nothing; prints
 * one line of JSON: the errors by shader, or `{ refused }`.
 */
import type { MultiplyCase } from '../../src/building-blocks/multiply-case.ts';
import { type SubgroupTiling, subgroupProductShader } from '../../src/building-blocks/multiply-subgroup-matrices.ts';
import { tileProductShader } from '../../src/building-blocks/multiply-tiles.ts';
import { createTiling } from '../../src/building-blocks/tilings.ts';
import { findDawn } from '../../src/find-gpu.ts';
import { shaderCode } from '../../src/runtime/run-shader.ts';

const found = findDawn();
if (found === undefined) {
  console.log(JSON.stringify({ refused: 'needs the optional npm package webgpu' }));
  process.exit(0);
}
const dawn = await import(found.entry);
Object.assign(globalThis, dawn.globals);
const gpu: GPU = dawn.create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
const adapter = await gpu.requestAdapter();
const device = await adapter!.requestDevice({
  requiredFeatures: ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'] as GPUFeatureName[],
});
const errors: Record<string, string> = {};
device.addEventListener('uncapturederror', (event) => {
  errors.device = (event as GPUUncapturedErrorEvent).error.message;
});

const cases: MultiplyCase[] = [false, true].map((isTransposed) => ({
  transposeA: isTransposed,
  transposeB: isTransposed,
  accumulate: isTransposed,
}));
const LARGE: SubgroupTiling = { tile: 128, depth: 32, subgroups: [2, 4] };
const SMALL: SubgroupTiling = { tile: 64, depth: 32, subgroups: [2, 2] };
const shaders = cases.flatMap((what) => [
  // NVIDIA's, Intel's and Apple's instructions, by both tiles.
  subgroupProductShader(what, { M: 16, N: 16, K: 16, subgroupSize: 32 }, LARGE),
  subgroupProductShader(what, { M: 16, N: 8, K: 16, subgroupSize: 32 }, SMALL),
  subgroupProductShader(what, { M: 8, N: 16, K: 16, subgroupSize: 16 }, SMALL),
  subgroupProductShader(what, { M: 8, N: 8, K: 8, subgroupSize: 32 }, LARGE),
  // More workgroup memory than SwiftShader and lavapipe have for deep tiles, and compatibility mode's few invocations.
  ...(['f32', 'f16'] as const).flatMap((element) => [
    tileProductShader(what, element, createTiling(16, 8, element === 'f32' ? 16 : 32)),
    tileProductShader(what, element, createTiling(8, 4, element === 'f32' ? 16 : 32)),
  ]),
]);
for (const shader of shaders) {
  const { messages } = await device.createShaderModule({ code: shaderCode(shader) }).getCompilationInfo();
  const problems = messages.map(({ type, message }) => `${type}: ${message}`);
  if (problems.length > 0) errors[shader.key] = problems.join('; ');
}
process.stdout.write(`${JSON.stringify({ numShaders: shaders.length, errors })}\n`, () => process.exit(0));
