/**
 * Says whether tfjs-node or tfjs-node-gpu is there with its addon, built or installed, without loading it.
 */
import { describeNodePackage, findNodePackage, type NodePackagePlaces, packageName } from './find-node-package.ts';
import { describeUnusableBuilds, installAdvice, reinstallAdvice } from './node-backend-advice.ts';

/** What `probeNodeBackend` found: the package and its addon, or what is missing and the command that mends it. */
export interface NodeBackendProbe {
  /** Package and addon are there; whether the addon loads is known only by loading it, which changes the current backend. */
  readonly available: boolean;
  readonly facts: Readonly<Record<string, string>>;
  readonly missing?: string;
  readonly fix?: string;
}

/** Reads a few files. Never throws. */
export function probeNodeBackend({ gpu, ...places }: { gpu: boolean } & NodePackagePlaces): NodeBackendProbe {
  if (typeof process === 'undefined' || !process.versions?.node) {
    return { available: false, facts: {}, missing: 'tfjs-node needs Node.', fix: 'Use the webgpu or wasm backend.' };
  }
  const name = packageName(gpu);
  try {
    const found = findNodePackage(gpu, places);
    if (found === undefined) {
      return {
        available: false,
        facts: {},
        missing: `${name} is neither installed nor built${describeUnusableBuilds(places)}.`,
        fix: installAdvice(gpu),
      };
    }
    const facts = { package: describeNodePackage(found), directory: found.directory };
    if (found.addonPath === undefined) {
      return { available: false, facts, missing: 'its native addon is missing.', fix: reinstallAdvice(name) };
    }
    return { available: true, facts: { ...facts, addon: found.addonPath } };
  } catch (error) {
    const missing = error instanceof Error ? error.message : String(error);
    return { available: false, facts: {}, missing, fix: installAdvice(gpu) };
  }
}
