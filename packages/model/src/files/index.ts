export { type LoadedQwen2, type LoadQwen2Options, loadQwen2 } from './load-qwen2.ts';
export { loadLora, type SaveLoraOptions, saveLora } from './lora-files.ts';
export { type SaveQwen2Options, saveQwen2 } from './save-qwen2.ts';
