export { fileErrorCode } from './files/explain-file-error.ts';
export { canonicalJson, hashJson } from './files/hash-json.ts';
export { readJsonFile } from './files/read-json-file.ts';
export { sha256File } from './files/sha256-file.ts';
export { type WriteDirectoryOptions, writeDirectoryAtomic } from './files/write-directory-atomic.ts';
export { writeFileAtomic } from './files/write-file-atomic.ts';
export { type ExportGgufOptions, exportGguf } from './gguf/export-gguf.ts';
export type {
  GgufArray,
  GgufFloatType,
  GgufItem,
  GgufTensor,
  GgufTensorType,
  GgufValue,
  GgufValueType,
} from './gguf/gguf-format.ts';
export { openGguf } from './gguf/open-gguf.ts';
export { type GgufContents, type GgufTensorSource, writeGguf } from './gguf/write-gguf.ts';
export {
  type DownloadedModel,
  type DownloadModelOptions,
  type DownloadProgress,
  downloadModel,
} from './hub/download-model.ts';
export { type HuggingFaceModelFile, openHuggingFaceModel } from './hugging-face/open-hugging-face-model.ts';
export { type HuggingFaceModel, readHuggingFaceModel } from './hugging-face/read-hugging-face-model.ts';
export { type WriteHuggingFaceModelOptions, writeHuggingFaceModel } from './hugging-face/write-hugging-face-model.ts';
export type { JsonObject, JsonValue } from './json-value.ts';
export { type ModelfileOptions, renderModelfile } from './ollama/render-modelfile.ts';
export { openSafetensors } from './safetensors/open-safetensors.ts';
export type { SafetensorsDtype, SafetensorsTensor } from './safetensors/safetensors-header.ts';
export { type FloatDtype, type WriteSafetensorsOptions, writeSafetensors } from './safetensors/write-safetensors.ts';
export type { CheckpointContents } from './store/checkpoint-contents.ts';
export {
  type CheckpointStore,
  type CheckpointStoreOptions,
  createCheckpointStore,
  type LoadedCheckpoint,
  type SaveOptions,
  type SkippedCheckpoint,
} from './store/checkpoint-store.ts';
export { readManifest, type StageManifest, stageHash, writeManifest } from './store/manifest.ts';
export * from './web.ts';
