#!/usr/bin/env node
/**
 * The `marco` command on whatever Node.js started it: one that is too old hands over to the one that the workspace brings.
 */
import { readFileSync } from 'node:fs';
import { findNode, isNewEnough, runInPlace, tooOldMessage } from './commands/start/new-enough-node.ts';

if (isNewEnough(process.versions.node)) {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  // Not at the top: an old Node.js could not even load what it imports.
  const { marco } = await import('./commands/start/marco.ts');
  await marco(version);
} else {
  const node = findNode(import.meta.url);
  if (node === undefined) {
    process.stderr.write(`error ${tooOldMessage(process.version)}\n`);
    process.exitCode = 2;
  } else {
    runInPlace(node, process.argv.slice(1));
  }
}
