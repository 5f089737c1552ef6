/**
 * Writes the tied or untied golden model as a Hugging Face directory, for tools/verify_export.py:
 * `node --conditions=@marco-ts/source packages/model/test/golden/export-formula-model.ts <tied|untied> <directory>`.
 */
import { initBackend } from '@marco-ts/core';
import { parseQwen2Config } from '@marco-ts/model';
import { saveQwen2 } from '@marco-ts/model/files';
import { formulaParams } from './formula-weights.ts';
import golden from './qwen2.json' with { type: 'json' };

const [name, directory] = process.argv.slice(2);
await initBackend({ prefer: ['cpu'] });
const config = parseQwen2Config({ model_type: 'qwen2', ...golden.models[name as 'tied' | 'untied'].config });
await saveQwen2(directory!, { config, params: formulaParams(config) });
