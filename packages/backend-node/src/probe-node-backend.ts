/**
 * Says whether tfjs-node or tfjs-node-gpu is installed with its addon, without loading it.
 */
import { findNodePackage, packageName, TESTED_VERSION } from './find-node-package.ts';
import { reinstallAdvice } from './register-node-backend.ts';

export interface NodeBackendProbe {
  /** Package and addon are there; whether the addon loads is known only by loading it, which changes the current backend. */
  readonly available: boolean;
  readonly facts: Readonly<Record<string, string>>;
  readonly missing?: string;
  readonly fix?: string;
}

/** Reads a few files. Never throws. */
export function probeNodeBackend({
  gpu,
  directories,
}: {
  gpu: boolean;
  directories?: readonly string[];
}): NodeBackendProbe {
  if (typeof process === 'undefined' || !process.versions?.node) {
    return { available: false, facts: {}, missing: 'tfjs-node needs Node.', fix: 'Use the webgpu or wasm backend.' };
  }
  const name = packageName(gpu);
  try {
    const found = findNodePackage(gpu, directories);
    if (found === undefined) {
      return {
        available: false,
        facts: {},
        missing: `${name} is not installed.`,
        fix: `npm install ${name}@${TESTED_VERSION}`,
      };
    }
    const facts = { package: `${name} ${found.version}`, directory: found.directory };
    if (found.addonPath === undefined) {
      return { available: false, facts, missing: 'its native addon is missing.', fix: reinstallAdvice(name) };
    }
    return { available: true, facts: { ...facts, addon: found.addonPath } };
  } catch (error) {
    const missing = error instanceof Error ? error.message : String(error);
    return { available: false, facts: {}, missing, fix: `npm install ${name}@${TESTED_VERSION}` };
  }
}
