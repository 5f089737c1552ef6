/**
 * Runs a compute shader of our own on tfjs's WebGPU backend, between its programs and in their order.
 *
 * Source: `runWebGPUProgram` of tfjs-backend-webgpu 4.22, whose programs have one output and generated bindings.
 * Differs: any number of outputs, which may exist already and be added to; offsets and sizes as uniforms; the pipeline is kept by key.
 */

import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';

export interface Shader {
  /** One pipeline exists per key: it names everything that `code` depends on. */
  readonly key: string;
  /** Storage buffers that are written, then those that are only read: name to WGSL element type. */
  readonly outputs: Readonly<Record<string, ElementType>>;
  readonly inputs: Readonly<Record<string, ElementType>>;
  /** Fields of `uniforms`, at least one. */
  readonly uniforms: Readonly<Record<string, 'i32' | 'f32'>>;
  readonly workgroupSize: readonly [number, number];
  /** WGSL extensions beside f16, which bindings of halves bring. */
  readonly enables?: readonly string[];
  /** Whether `main` has a fourth parameter `subgroup: u32`, the place of its subgroup in the workgroup. */
  readonly usesSubgroups?: boolean;
  /**
   * WGSL that defines `fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>)`: the invocation within its workgroup, the
   * workgroup, and how many there are. Every binding must be used.
   */
  code(): string;
}

/** Halves are bound to int32 tensors of half as many elements: tfjs has no type of 16 bits. */
type ElementType = 'f32' | 'i32' | 'f16' | 'vec4<f32>' | 'vec4<f16>' | 'vec4<u32>';

export interface ShaderRun {
  readonly outputs: readonly TensorInfo[];
  readonly inputs: readonly TensorInfo[];
  readonly uniforms: Readonly<Record<string, number>>;
  readonly workgroups: readonly [number, number, number];
}

/** What tfjs keeps to itself; 4.22 is its last version, and the package is pinned. */
interface BackendInternals {
  recordAndSubmit(
    program: object,
    output: TensorInfo,
    inputs: readonly TensorInfo[],
    uniforms: readonly { type: 'int32' | 'float32'; data: number[] }[],
  ): void;
}

const pipelines = new WeakMap<object, Map<string, GPUComputePipeline>>();

/** A new tensor that no shader has written yet. */
export function allocate(backend: WebGPUBackend, shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
  // tfjs reads tensors without elements from their values: they never get a buffer.
  const values = util.sizeFromShape([...shape]) === 0 ? util.getTypedArrayFromDType(dtype as 'float32', 0) : undefined;
  return backend.makeTensorInfo([...shape], dtype, values);
}

/** Does nothing when there are no workgroups; buffers without elements must be kept away by the caller. */
export function runShader(backend: WebGPUBackend, shader: Shader, run: ShaderRun): void {
  const { outputs, inputs, uniforms, workgroups } = run;
  if (workgroups.some((count) => count === 0)) return;
  const tensors = [...outputs, ...inputs];
  for (const tensor of tensors) backend.uploadToGPU(tensor.dataId);
  const pipeline = pipelineFor(backend, shader);
  // tfjs puts every tensor's shape and strides before our uniforms: with shape [1] each is one word, so nothing needs alignment.
  const [first, ...rest] = tensors.map((tensor) => ({ ...tensor, shape: [1] }));
  const fields = Object.entries(shader.uniforms).map(([name, type]) => ({
    type: type === 'i32' ? ('int32' as const) : ('float32' as const),
    data: [uniforms[name]!],
  }));
  const { key } = shader;
  const program = { pipeline, dispatch: workgroups, size: false, constructor: { name: key } };
  (backend as unknown as BackendInternals).recordAndSubmit(program, first!, rest, fields);
}

/** Workgroups for `count` pieces of work beyond what one dimension holds; the shader calls `flatIndex(group, groups)`. */
export function spread(backend: WebGPUBackend, count: number): [number, number, number] {
  const most = backend.device.limits.maxComputeWorkgroupsPerDimension;
  return count <= most ? [count, 1, 1] : [most, Math.ceil(count / most), 1];
}

function pipelineFor(backend: WebGPUBackend, shader: Shader): GPUComputePipeline {
  const device = backend.device as unknown as GPUDevice;
  let known = pipelines.get(device);
  if (known === undefined) {
    known = new Map();
    pipelines.set(device, known);
  }
  let pipeline = known.get(shader.key);
  if (pipeline === undefined) {
    const module = device.createShaderModule({ code: shaderCode(shader), label: shader.key });
    pipeline = device.createComputePipeline({
      compute: { module, entryPoint: 'start' },
      label: shader.key,
      layout: 'auto',
    });
    // tfjs asks for the layout before every run, and each answer is a new object of the device.
    const layout = pipeline.getBindGroupLayout(0);
    Object.defineProperty(pipeline, 'getBindGroupLayout', { value: () => layout });
    known.set(shader.key, pipeline);
  }
  return pipeline;
}

/** The whole of a shader in WGSL: extensions, bindings, its own code, and the entry point `start`. */
export function shaderCode(shader: Shader): string {
  const bindings: [string, string, ElementType][] = [
    ...Object.entries(shader.outputs).map(([name, type]): [string, string, ElementType] => ['read_write', name, type]),
    ...Object.entries(shader.inputs).map(([name, type]): [string, string, ElementType] => ['read', name, type]),
  ];
  const header = bindings.map((_, index) => `tfjsShape${index}: i32, tfjsStrides${index}: i32,`).join(' ');
  const fields = Object.entries(shader.uniforms).map(([name, type]) => `${name}: ${type},`);
  const [width, height] = shader.workgroupSize;
  const enables = [...(bindings.some(([, , type]) => type.includes('f16')) ? ['f16'] : []), ...(shader.enables ?? [])];
  const subgroup = shader.usesSubgroups ? ', @builtin(subgroup_id) subgroup: u32' : '';
  return `
${enables.map((extension) => `enable ${extension};`).join('\n')}
struct Uniforms { nan: f32, infinity: f32, ${header} ${fields.join(' ')} }
${bindings
  .map(([access, name, type], index) => `@group(0) @binding(${index}) var<storage, ${access}> ${name}: array<${type}>;`)
  .join('\n')}
@group(0) @binding(${bindings.length}) var<uniform> uniforms: Uniforms;
fn flatIndex(group: vec3<u32>, groups: vec3<u32>) -> i32 { return i32(group.y * groups.x + group.x); }
${shader.code()}
@compute @workgroup_size(${width}, ${height})
fn start(@builtin(local_invocation_id) local: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>,
         @builtin(num_workgroups) groups: vec3<u32>${subgroup}) {
  main(local.xy, group, groups${shader.usesSubgroups ? ', subgroup' : ''});
}`;
}
