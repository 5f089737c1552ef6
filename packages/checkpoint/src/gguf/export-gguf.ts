/**
 * Exports a Hugging Face model directory of a Qwen2 model as one GGUF file that llama.cpp and Ollama load.
 *
 * Source: convert_hf_to_gguf.py of https://github.com/ggml-org/llama.cpp: norms and biases stay F32, the other tensors get the chosen type.
 * Memory: a few buffers of 1 MiB, whatever the size of the model, and the tokenizer.
 */
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { explainFileError, fileErrorCode } from '../files/explain-file-error.ts';
import { readJsonFile } from '../files/read-json-file.ts';
import { type HuggingFaceModelFile, openHuggingFaceModel } from '../hugging-face/open-hugging-face-model.ts';
import type { JsonObject } from '../json-value.ts';
import { decodeFloats } from '../tensors/conversions.ts';
import type { GgufFloatType, GgufValue } from './gguf-format.ts';
import { tokenizerMetadata } from './gguf-tokenizer.ts';
import { describeQwen2, type Qwen2Tensor } from './qwen2-gguf.ts';
import { type GgufTensorSource, writeGguf } from './write-gguf.ts';

/** The directory that is read, the file that is written, and its type of number. */
export interface ExportGgufOptions {
  /** Holds config.json, the weights, tokenizer.json and, where there are any, tokenizer_config.json and chat_template.jinja. */
  readonly modelDirectory: string;
  /** The file to write; an existing one is replaced once the new one is whole. */
  readonly path: string;
  /** Type of the matrices. @default 'F16' */
  readonly dtype?: GgufFloatType;
  /** Name of the model in the file. @default the name of the directory */
  readonly name?: string;
  /** llama.cpp's name of the way the tokenizer splits text. @default 'qwen2', for the tokenizers that split as Qwen2's does */
  readonly tokenizerPre?: string;
}

/** llama.cpp's numbers for the type of most tensors. */
const FILE_TYPES = { F32: 0, F16: 1, BF16: 32, Q8_0: 7 } as const;

/**
 * @throws naming the file and tensor when the model is no Qwen2, a tensor is missing, has another shape or is no floating-point one, the tokenizer does not fit,
 * a value does not fit `dtype`; for Q8_0 also when rows are no multiple of 32. An existing file is then unchanged
 */
export async function exportGguf(options: ExportGgufOptions): Promise<void> {
  const { modelDirectory, path, dtype = 'F16', name = basename(resolve(modelDirectory)), tokenizerPre } = options;
  if (!Object.hasOwn(FILE_TYPES, dtype))
    throw fault('dtype must be F32, F16, BF16 or Q8_0', String(dtype), path, 'Nothing was written.');
  const model = await openHuggingFaceModel(modelDirectory);
  try {
    const { vocabSize, metadata: sizes, tensors } = describeQwen2(model.config, join(modelDirectory, 'config.json'));
    checkTensors(model, tensors);
    const [tokenizerJson, tokenizerConfig, chatTemplate] = await Promise.all([
      readJsonFile(join(modelDirectory, 'tokenizer.json'), 'exportGguf'),
      readOptional(join(modelDirectory, 'tokenizer_config.json'), (file) => readJsonFile(file, 'exportGguf')),
      readOptional(join(modelDirectory, 'chat_template.jinja'), (file) => readFile(file, 'utf8')),
    ]);
    const tokenizer = tokenizerMetadata({
      directory: modelDirectory,
      tokenizerJson,
      tokenizerConfig: tokenizerConfig ?? {},
      modelConfig: model.config as JsonObject,
      chatTemplate,
      vocabSize,
      tokenizerPre,
    });
    const metadata = new Map<string, GgufValue>([
      ['general.architecture', { type: 'STRING', value: 'qwen2' }],
      ['general.type', { type: 'STRING', value: 'model' }],
      ['general.name', { type: 'STRING', value: name }],
      ...sizes,
      ['general.file_type', { type: 'UINT32', value: FILE_TYPES[dtype] }],
      ['general.quantization_version', { type: 'UINT32', value: 2 }],
      ...tokenizer,
    ]);
    await writeGguf(path, { metadata, tensors: tensors.map((tensor) => sourceOf(model, tensor, dtype)) });
  } finally {
    await model.close();
  }
}

function checkTensors(model: HuggingFaceModelFile, wanted: readonly Qwen2Tensor[]): void {
  for (const { source, shape } of wanted) {
    const tensor = model.tensors.get(source);
    const at = `tensor ${source} of ${tensor?.path ?? model.directory}`;
    if (!tensor) throw fault('the model must have every tensor of its config', 'none of that name', at);
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, i) => size !== shape[i]))
      throw fault(`the shape must be [${shape}] by the config`, `[${tensor.shape}]`, at);
    if (!['F32', 'F16', 'BF16'].includes(tensor.dtype))
      throw fault('weights must be F32, F16 or BF16', tensor.dtype, at);
  }
  const known = new Set(wanted.map(({ source }) => source));
  // Tied models may repeat the embedding as the output layer, and old files hold the rotary frequencies.
  const isSpare = (name: string) => name === 'lm_head.weight' || name.endsWith('rotary_emb.inv_freq');
  for (const [name, { path }] of model.tensors) {
    if (!known.has(name) && !isSpare(name))
      throw fault('the model must have no other tensors than those of its config', name, path, 'Merge adapters first.');
  }
}

function sourceOf(model: HuggingFaceModelFile, tensor: Qwen2Tensor, dtype: GgufFloatType): GgufTensorSource {
  const { name, source, shape } = tensor;
  const type = shape.length === 1 ? 'F32' : dtype;
  const stored = model.tensors.get(source)!.dtype;
  async function* floats(): AsyncGenerator<Float32Array> {
    let values = new Float32Array(0);
    for await (const piece of model.readPieces(source)) {
      const bytesEach = stored === 'F32' ? 4 : 2;
      const count = piece.length / bytesEach;
      if (stored === 'F32') yield new Float32Array(piece.buffer, 0, count);
      else {
        if (values.length < count) values = new Float32Array(count);
        const target = values.subarray(0, count);
        decodeFloats(stored === 'F16' ? 'F16' : 'BF16', piece, target, 0);
        yield target;
      }
    }
  }
  return { name, shape, type, data: stored === type ? () => model.readPieces(source) : floats };
}

async function readOptional<T>(path: string, read: (path: string) => Promise<T>): Promise<T | undefined> {
  try {
    return await read(path);
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return undefined;
    throw explainFileError('exportGguf', 'read', path, error);
  }
}

function fault(rule: string, got: string, at: string, nextStep = 'Save the model whole, then export it.'): Error {
  return new Error(`[@marco-ts/checkpoint] exportGguf: ${rule}, got ${got} at ${at}. ${nextStep}`);
}
