import { BACKEND_NAMES } from '@marco-ts/core';
import { expect, test } from 'vitest';
import { diagnose } from './doctor.ts';

test('names every backend, what is missing with the way to mend it, and the one a run would use', async () => {
  const diagnosis = await diagnose();
  expect(diagnosis.backends.map((probe) => probe.name)).toEqual([...BACKEND_NAMES]);
  for (const probe of diagnosis.backends.filter(({ available }) => !available)) {
    expect(probe.missing, probe.name).toBeTruthy();
    expect(probe.fix, probe.name).toBeTruthy();
  }
  expect(diagnosis.chosen?.reason).toBeTruthy();
  for (const { name } of diagnosis.chosen!.refused) {
    expect(diagnosis.backends.find((probe) => probe.name === name)?.available, name).toBe(false);
  }
  expect(diagnosis.backends.find((probe) => probe.name === diagnosis.chosen?.name)?.available).toBe(true);
  expect(diagnosis.node).toEqual({ version: process.version, isNewEnough: true });
  expect(diagnosis.machine.numCores).toBeGreaterThan(0);
  expect(diagnosis.machine.memoryBytes).toBeGreaterThan(2 ** 28);
  expect(diagnosis.freeDiskBytes).toBeGreaterThan(0);
});
