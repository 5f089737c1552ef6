/**
 * MarcoEmbeddingGrad: row v of dweight is the sum of the rows t of dy whose id is v, added in the order of t.
 *
 * Shapes: dy [T, D], ids [T], dweight [V, D].
 * No float atomics, so the same bits on every run: a first pass links each row to the next one of the same id (T²/2 comparisons of
 * integers), then the first row of each id walks along its links. Ids outside of [0, V) are left out: a GPU cannot refuse them.
 */

import { fillZeros } from '../building-blocks/fill-zeros.ts';
import { allocate, runShader, type Shader, spread } from '../runtime/run-shader.ts';
import { webGpuError } from '../webgpu-error.ts';
import { expectKernelShapes, expectNumber } from './expect-kernel-shapes.ts';
import { input, type WebGpuKernel } from './kernel-types.ts';

const SIZE = 64;

/** links[2t] = the next row of the same id, or T; links[2t + 1] = 1 where no earlier row has the id and the id is in range. */
const LINK: Shader = {
  key: 'MarcoEmbeddingGrad.link',
  outputs: { links: 'i32' },
  inputs: { ids: 'i32' },
  uniforms: { T: 'i32', V: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let t = flatIndex(group, groups) * ${SIZE} + i32(local.x);
  if (t >= uniforms.T) { return; }
  let id = ids[t];
  var next = t + 1;
  while (next < uniforms.T && ids[next] != id) { next++; }
  var earlier = t - 1;
  while (earlier >= 0 && ids[earlier] != id) { earlier--; }
  links[2 * t] = next;
  links[2 * t + 1] = select(0, 1, earlier < 0 && id >= 0 && id < uniforms.V);
}`,
};

const ADD_UP: Shader = {
  key: 'MarcoEmbeddingGrad.add',
  outputs: { dweight: 'f32' },
  inputs: { dy: 'f32', ids: 'i32', links: 'i32' },
  uniforms: { T: 'i32', D: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let first = flatIndex(group, groups);
  if (first >= uniforms.T) { return; }
  if (links[2 * first + 1] == 0) { return; }
  for (var d = i32(local.x); d < uniforms.D; d += ${SIZE}) {
    var sum = 0.0;
    for (var t = first; t < uniforms.T; t = links[2 * t]) { sum += dy[t * uniforms.D + d]; }
    dweight[ids[first] * uniforms.D + d] = sum;
  }
}`,
};

export const embeddingGrad: WebGpuKernel = ({ inputs, attrs, backend }) => {
  const shapes = { dy: { shape: 'TD' }, ids: { shape: 'T', dtype: 'int32' } } as const;
  const { T, D } = expectKernelShapes<'T' | 'D'>('MarcoEmbeddingGrad', inputs, shapes);
  const V = expectNumber('MarcoEmbeddingGrad', attrs, 'vocabSize');
  if (!Number.isInteger(V) || V < 1) {
    throw webGpuError(
      'MarcoEmbeddingGrad',
      `vocabSize must be an integer from 1, got ${V}.`,
      'Pass the number of rows of the table.',
    );
  }
  const dweight = allocate(backend, [V, D]);
  fillZeros(backend, dweight);
  if (T === 0) return [dweight];
  const ids = input(inputs, 'ids');
  const links = allocate(backend, [T, 2], 'int32');
  runShader(backend, LINK, {
    outputs: [links],
    inputs: [ids],
    uniforms: { T, V },
    workgroups: spread(backend, Math.ceil(T / SIZE)),
  });
  runShader(backend, ADD_UP, {
    outputs: [dweight],
    inputs: [input(inputs, 'dy'), ids, links],
    uniforms: { T, D },
    workgroups: spread(backend, T),
  });
  backend.disposeData(links.dataId);
  return [dweight];
};
