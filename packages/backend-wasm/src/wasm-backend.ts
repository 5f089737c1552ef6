/**
 * The tfjs backend 'marco-wasm': tensors live in the wasm memory, yet look to every kernel of tfjs-backend-cpu like the typed arrays it expects.
 *
 * An entry's `values` is a getter that makes a view on the wasm memory, so all cpu kernels work unchanged. What they return stays on the JavaScript
 * heap until a wasm kernel first needs it. When the 4 GiB are full, tensors that the running kernel does not use move to the heap, the longest unused
 * first, and come back when they are needed. Inheritance is what tfjs asks of a backend that borrows another's kernels (docs/decisions/0002).
 */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { type backend_util, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { WasmRuntime } from './runtime/wasm-runtime.ts';

type Values = backend_util.BackendValues;
type Numbers = Float32Array | Int32Array | Uint8Array;

/** Bytes per element of what can live in the wasm memory; 0 for strings and complex numbers. */
const bytesOf = (dtype: DataType): number => (dtype === 'float32' || dtype === 'int32' ? 4 : dtype === 'bool' ? 1 : 0);

const shapeText = (shape: readonly number[], dtype: DataType): string => `a tensor [${shape.join(', ')}] ${dtype}`;

/** Which entries are in the wasm memory, and which kernel runs: an entry used by it must keep its address. */
interface Residents {
  kernelCount: number;
  readonly entries: Set<Entry>;
}

/** What one data id holds: an address in the wasm memory, or values on the JavaScript heap. */
class Entry {
  refCount = 1;
  /** the kernel that used it last */
  lastUse = 0;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  address = 0;
  length = 0;
  /** a copy under another dtype, for cpu kernels that cast by renaming */
  renamed: Entry | null = null;
  private heap: Values | undefined;
  private readonly runtime: WasmRuntime;
  private readonly residents: Residents;
  dtype: DataType;

  constructor(runtime: WasmRuntime, residents: Residents, dtype: DataType, heap: Values | undefined) {
    this.runtime = runtime;
    this.residents = residents;
    this.dtype = dtype;
    this.heap = heap;
  }

  get values(): Values | undefined {
    this.lastUse = this.residents.kernelCount;
    if (this.address === 0) return this.heap;
    if (this.dtype === 'float32') return this.runtime.floats(this.address, this.length);
    if (this.dtype === 'int32') return this.runtime.integers(this.address, this.length);
    return this.runtime.bytes(this.address, this.length);
  }

  set values(values: Values | undefined) {
    this.release();
    this.heap = values;
  }

  /** Moves heap values into the wasm memory. */
  upload(shape: readonly number[]): number {
    this.lastUse = this.residents.kernelCount;
    if (this.address !== 0) return this.address;
    const values = this.heap as ArrayLike<number> | undefined;
    const size = bytesOf(this.dtype);
    if (!values || size === 0) {
      throw new Error(
        `[@marco-ts/backend-wasm] upload: wasm kernels take float32, int32 and bool, got ${this.dtype} [${shape.join(', ')}]. Cast it first.`,
      );
    }
    this.allocate(values.length, shape);
    this.runtime.touch(this.address, values.length * size);
    (this.values as Numbers).set(values);
    this.heap = undefined;
    return this.address;
  }

  allocate(length: number, shape: readonly number[]): number {
    this.length = length;
    this.lastUse = this.residents.kernelCount;
    this.address = this.runtime.allocate(length * bytesOf(this.dtype), () => shapeText(shape, this.dtype));
    this.residents.entries.add(this);
    return this.address;
  }

  /** Moves the numbers out of the wasm memory. */
  evict(): void {
    const copy = (this.values as Numbers).slice();
    this.values = copy;
  }

  release(): void {
    if (this.address !== 0) {
      this.runtime.free(this.address);
      this.residents.entries.delete(this);
    }
    this.renamed?.release();
    this.address = 0;
    this.heap = undefined;
    this.renamed = null;
  }
}

/** A new tensor in the wasm memory, its contents not yet set. */
export interface Output {
  readonly info: TensorInfo;
  readonly address: number;
}

export class MarcoWasmBackend extends MathBackendCPU {
  readonly runtime: WasmRuntime;
  private readonly residents: Residents = { kernelCount: 0, entries: new Set() };

  constructor(runtime: WasmRuntime) {
    super();
    this.runtime = runtime;
    runtime.onFull((bytes) => this.makeRoom(bytes));
  }

  /** Called before each kernel: what earlier kernels used may move from now on. */
  beginKernel(): void {
    this.residents.kernelCount++;
  }

  /** Evicts the longest unused entries, `bytes` of them if there are so many; false when every entry is in use. */
  private makeRoom(bytes: number): boolean {
    const { entries, kernelCount } = this.residents;
    const idle = [...entries].filter((entry) => entry.lastUse < kernelCount).sort((p, q) => p.lastUse - q.lastUse);
    let freed = 0;
    for (const entry of idle) {
      if (freed >= bytes) break;
      freed += entry.length * bytesOf(entry.dtype);
      entry.evict();
    }
    return idle.length > 0;
  }

  private store(dataId: object, entry: Entry): void {
    // tfjs types `values` as always present; an entry of complex numbers has none, there too.
    this.data.set(dataId, entry as never);
  }

  private entry(dataId: object): Entry {
    return this.data.get(dataId) as unknown as Entry;
  }

  /** Copies the values: what the caller does to its array afterwards does not matter. */
  override write(values: Values, shape: number[], dtype: DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(dataId: object, values: Values, shape: number[], dtype: DataType, refCount: number): void {
    const entry = new Entry(this.runtime, this.residents, dtype, values);
    entry.refCount = refCount;
    this.store(dataId, entry);
    if (bytesOf(dtype) > 0 && values) entry.upload(shape);
  }

  /** For cpu kernels: keeps what they computed on the heap until a wasm kernel asks for it. */
  override makeTensorInfo(shape: number[], dtype: DataType, values?: Values | string[]): TensorInfo {
    let held = values as Values | undefined;
    if (dtype === 'string' && values && values.length > 0 && util.isString(values[0] as object)) {
      held = (values as string[]).map((text) => util.encodeString(text));
    } else if (ArrayBuffer.isView(held) && !(held.buffer instanceof ArrayBuffer)) {
      held = (held as Numbers).slice();
    } else if (
      ArrayBuffer.isView(held) &&
      !this.runtime.shared &&
      held.buffer.byteLength === this.runtime.bytesReserved()
    ) {
      held = (held as Numbers).slice();
    }
    const dataId = {};
    this.store(dataId, new Entry(this.runtime, this.residents, dtype, held));
    return { dataId, shape, dtype };
  }

  /** Address of a tensor's numbers in the wasm memory; moves them there if need be. */
  address(tensor: TensorInfo): number {
    const entry = this.entry(tensor.dataId);
    if (entry.dtype === tensor.dtype || bytesOf(entry.dtype) === 0) return entry.upload(tensor.shape);
    if (entry.renamed?.dtype !== tensor.dtype) {
      entry.renamed?.release();
      entry.renamed = new Entry(this.runtime, this.residents, tensor.dtype, entry.values);
    }
    return entry.renamed.upload(tensor.shape);
  }

  output(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): Output {
    const entry = new Entry(this.runtime, this.residents, dtype, undefined);
    const address = entry.allocate(util.sizeFromShape(shape as number[]), shape);
    const dataId = {};
    this.store(dataId, entry);
    return { info: { dataId, shape: shape as number[], dtype }, address };
  }

  /** A second name for the same numbers. */
  share(tensor: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: shape as number[], dtype: tensor.dtype };
  }

  override readSync(dataId: object): Values {
    const entry = this.entry(dataId);
    return entry.address === 0 ? super.readSync(dataId) : (entry.values as Numbers).slice();
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const entry = this.entry(dataId);
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    if (entry.complexTensorInfos) {
      this.disposeData(entry.complexTensorInfos.real.dataId, true);
      this.disposeData(entry.complexTensorInfos.imag.dataId, true);
    }
    entry.release();
    this.data.delete(dataId);
    return true;
  }

  override memory(): { unreliable: boolean; reasons: string[]; wasmBytesInUse: number; wasmBytesReserved: number } {
    return {
      unreliable: false,
      reasons: [],
      wasmBytesInUse: this.runtime.bytesInUse(),
      wasmBytesReserved: this.runtime.bytesReserved(),
    };
  }
}
