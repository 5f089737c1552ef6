export { type GgufFile, openGgufFrom } from './gguf/open-gguf-from.ts';
export type { ArrayMap, NamedArray } from './named-array.ts';
export { openSafetensorsFrom, type SafetensorsFile } from './safetensors/open-safetensors-from.ts';
export type { ByteSource } from './sources/byte-source.ts';
export { blobSource, bytesSource } from './sources/bytes-source.ts';
export { type UrlSourceOptions, urlSource } from './sources/url-source.ts';
