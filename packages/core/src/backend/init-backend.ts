/**
 * The one place where a backend is chosen. Nothing else in the repository calls `tf.setBackend`, sets a flag or reads an
 * environment variable for it.
 */
import { coreError } from '../core-error.ts';
import { BACKEND_NAMES, type BackendName, type BackendRecord, type RefusedBackend } from './backend-record.ts';
import { type ProductKind, startBackend } from './start-backend.ts';

/** Which backends to try and how the chosen one computes. */
export interface InitBackendOptions {
  /** Tried in order; the first that starts is taken. Default: node-gpu, webgpu, node, wasm, cpu. */
  readonly prefer?: readonly BackendName[];
  /** For `wasm`; default: chosen by the backend. */
  readonly numThreads?: number;
  /** For `webgpu`; default `f32`. What the adapter lacks is a reason to refuse the backend. */
  readonly products?: ProductKind;
}

/**
 * @returns a frozen record of what was chosen, why, and what was refused and why
 * @throws on an unknown name, and when none of the preferred backends starts: with each reason and the command that mends it
 */
export async function initBackend(options: InitBackendOptions = {}): Promise<BackendRecord> {
  const prefer = options.prefer ?? BACKEND_NAMES;
  const { numThreads, products } = options;
  if (!Array.isArray(prefer) || prefer.length === 0) {
    throw coreError(
      'initBackend',
      `prefer must list at least one of ${BACKEND_NAMES.join(', ')}, got ${JSON.stringify(prefer)}.`,
    );
  }
  for (const name of prefer) {
    if (!BACKEND_NAMES.includes(name)) {
      throw coreError('initBackend', `prefer must be of ${BACKEND_NAMES.join(', ')}, got ${JSON.stringify(name)}.`);
    }
  }
  if (numThreads !== undefined && (!Number.isInteger(numThreads) || numThreads < 1)) {
    throw coreError('initBackend', `numThreads must be an integer from 1, got ${numThreads}.`);
  }

  const refused: RefusedBackend[] = [];
  for (const name of prefer) {
    try {
      const facts = await startBackend(name, {
        ...(numThreads === undefined ? {} : { numThreads }),
        ...(products === undefined ? {} : { products }),
        // A GPU emulated on the processor is slower than wasm: taken only by those who ask for webgpu.
        allowSoftwareAdapter: options.prefer !== undefined,
      });
      const reason =
        refused.length === 0
          ? `first of ${prefer.join(', ')}`
          : `first of ${prefer.join(', ')} that started; ${refused.map((backend) => backend.name).join(', ')} did not`;
      return Object.freeze({ ...facts, name, reason, refused: Object.freeze(refused) });
    } catch (error) {
      refused.push(Object.freeze({ name, ...splitReasonAndFix(error) }));
    }
  }
  const reasons = refused.map((backend) => `${backend.name}: ${backend.reason} ${backend.fix}`.trim());
  throw coreError('initBackend', `one of the preferred backends must start, got none:\n  ${reasons.join('\n  ')}`);
}

/** Backends throw `<rule and what is missing>. <next step>`, with the next step also as the property `fix`. */
function splitReasonAndFix(error: unknown): { reason: string; fix: string } {
  const message = error instanceof Error ? error.message : String(error);
  const fix = (error as { fix?: unknown } | null)?.fix;
  if (typeof fix !== 'string') return { reason: message, fix: '' };
  return { reason: message.replace(fix, '').trim(), fix };
}
