/**
 * Measures the page with a long training log: node --conditions=@marco-ts/source scripts/measure-long-log.ts [events]
 *
 * Prints how long the server takes to read the log, to answer for the whole of it and for a part, and how long the page is busy at a time
 * while somebody looks closer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { chromium } from 'playwright-core';
import { createDashboardServer, readClientAssets } from '../src/index.ts';
import { makeRun } from '../test/make-run.ts';

const numEvents = Number(process.argv[2] ?? 1_000_000);
const directory = await mkdtemp(join(tmpdir(), 'marco-dashboard-'));
await makeRun(directory, 'long', { numEvents });
const app = await createDashboardServer({ directory, assets: await readClientAssets() });
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
await new Promise((resolve) => server.once('listening', resolve));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const timed = async (search: string): Promise<{ durationMs: number; sizeBytes: number }> => {
  const startedMs = performance.now();
  const { length } = await (await fetch(`${address}/api/runs/long/training/stage-1?${search}`)).text();
  return { durationMs: Math.round(performance.now() - startedMs), sizeBytes: length };
};
const first = await timed('points=1500');
const whole = await timed('points=1500');
const part = await timed(`points=1500&from=${numEvents / 2}&to=${numEvents / 2 + 10_000}`);

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
await page.addInitScript(() => {
  const busy: number[] = [];
  Object.assign(globalThis, { busy });
  new PerformanceObserver((list) => busy.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: 'longtask',
    buffered: true,
  });
});
await page.goto(`${address}/#/long/training`);
await page.getByText('points in the log').waitFor();
const chart = page.locator('.chart').first();
await chart.focus();
await page.evaluate(() => (globalThis as unknown as { busy: number[] }).busy.splice(0));
const looks: number[] = [];
for (const key of ['+', '+', '+', '+', 'ArrowRight', 'ArrowLeft', '-', '-', '0']) {
  const before = await page.locator('.note').first().textContent();
  const startedMs = performance.now();
  await page.keyboard.press(key);
  while ((await page.locator('.note').first().textContent()) === before) await page.waitForTimeout(5);
  looks.push(performance.now() - startedMs);
}
const busy = (await page.evaluate(() => (globalThis as unknown as { busy: number[] }).busy)) as number[];
await browser.close();
server.close();
await rm(directory, { recursive: true });

console.log(`${numEvents} steps in the log; first opened: ${first.durationMs} ms`);
console.log(
  `all steps: ${whole.durationMs} ms, ${Math.round(whole.sizeBytes / 1024)} KiB; 10,000 of them: ${part.durationMs} ms`,
);
console.log(`a look closer, from the key to the drawn answer: at most ${Math.round(Math.max(...looks))} ms`);
console.log(`the page's longest task meanwhile: ${busy.length === 0 ? 'below 50' : Math.round(Math.max(...busy))} ms`);
