/**
 * MarcoAdamW: one optimizer step of one tensor in one pass, with the gradient scaled on the way in.
 *
 * Source: Loshchilov and Hutter 2017, arXiv:1711.05101; `torch.optim.AdamW` (eps outside of the root, decay before the step).
 * Shapes: param, grad, m, v and the outputs param, m, v: all of one shape.
 */
import { util } from '@tensorflow/tfjs-core';
import { allocate, runShader, type Shader, spread } from '../runtime/run-shader.ts';
import { webGpuError } from '../webgpu-error.ts';
import { expectKernelShapes, expectNumber } from './expect-kernel-shapes.ts';
import { input, type WebGpuKernel } from './kernel-types.ts';

const SIZE = 256;
const NAMES = ['param', 'grad', 'm', 'v'] as const;

const STEP: Shader = {
  key: 'MarcoAdamW',
  outputs: { nextParam: 'f32', nextM: 'f32', nextV: 'f32' },
  inputs: { param: 'f32', grad: 'f32', m: 'f32', v: 'f32' },
  uniforms: {
    size: 'i32',
    gradScale: 'f32',
    beta1: 'f32',
    oneMinusBeta1: 'f32',
    beta2: 'f32',
    oneMinusBeta2: 'f32',
    rootCorrection: 'f32',
    eps: 'f32',
    keep: 'f32',
    stepSize: 'f32',
  },
  workgroupSize: [SIZE, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let index = flatIndex(group, groups) * ${SIZE} + i32(local.x);
  if (index >= uniforms.size) { return; }
  let g = grad[index] * uniforms.gradScale;
  let mean = m[index] * uniforms.beta1 + g * uniforms.oneMinusBeta1;
  let meanSquare = v[index] * uniforms.beta2 + g * g * uniforms.oneMinusBeta2;
  nextM[index] = mean;
  nextV[index] = meanSquare;
  let denominator = sqrt(meanSquare) * uniforms.rootCorrection + uniforms.eps;
  nextParam[index] = param[index] * uniforms.keep - uniforms.stepSize * (mean / denominator);
}`,
};

export const adamW: WebGpuKernel = ({ inputs, attrs, backend }) => {
  expectKernelShapes('MarcoAdamW', inputs, Object.fromEntries(NAMES.map((name) => [name, { shape: '*' }])));
  const tensors = NAMES.map((name) => input(inputs, name));
  const { shape } = tensors[0]!;
  for (const [index, tensor] of tensors.entries()) {
    if (!util.arraysEqual(tensor.shape, shape)) {
      throw webGpuError(
        'MarcoAdamW',
        `${NAMES[index]} must have param's shape [${shape}], got [${tensor.shape}].`,
        'Make the moments anew when the parameters change.',
      );
    }
  }
  const attribute = (name: string) => expectNumber('MarcoAdamW', attrs, name);
  const [beta1, beta2, step] = [attribute('beta1'), attribute('beta2'), attribute('step')];
  if (!Number.isInteger(step) || step < 1) {
    throw webGpuError('MarcoAdamW', `step must be an integer from 1, got ${step}.`, 'Count the first step as 1.');
  }
  const learningRate = attribute('learningRate');
  const size = util.sizeFromShape(shape);
  const outputs = [allocate(backend, shape), allocate(backend, shape), allocate(backend, shape)];
  runShader(backend, STEP, {
    outputs,
    inputs: tensors,
    uniforms: {
      size,
      gradScale: attribute('gradScale'),
      beta1,
      oneMinusBeta1: 1 - beta1,
      beta2,
      oneMinusBeta2: 1 - beta2,
      rootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
      eps: attribute('eps'),
      keep: 1 - learningRate * attribute('weightDecay'),
      stepSize: learningRate / (1 - beta1 ** step),
    },
    workgroups: spread(backend, Math.ceil(size / SIZE)),
  });
  return outputs;
};
