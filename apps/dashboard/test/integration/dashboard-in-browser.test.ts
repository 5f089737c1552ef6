/**
 * The page in a real browser: it shows every view, runs nothing that a document smuggled in, asks nobody else for anything, follows a run that
 * goes on, works by keyboard and on a phone's width, and stays usable with a log of a million events.
 */

import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error a script without types
import { buildClient } from '../../scripts/build-client.mjs';
import { createDashboardServer, readClientAssets } from '../../src/index.ts';
import { HOSTILE, makeRun, URDU } from '../make-run.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const VIEWS = ['overview', 'training', 'languages', 'data', 'pairs', 'samples', 'evaluation', 'compare'];
const NUM_EVENTS = 1_000_000;

describe.skipIf(executablePath === undefined)('the dashboard in Chromium (skipped where none is installed)', () => {
  let directory: string;
  let server: Server;
  let browser: Browser;
  let address: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'marco-dashboard-'));
    const runs = join(directory, 'runs');
    await makeRun(runs, 'hostile');
    await makeRun(runs, 'live', { numEvents: 20, isPartial: true });
    await makeRun(runs, 'long', { numEvents: NUM_EVENTS });
    await buildClient(join(directory, 'client'));
    const app = await createDashboardServer({
      directory: runs,
      assets: await readClientAssets(join(directory, 'client')),
      pollMs: 50,
    });
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
    await new Promise((resolve) => server.once('listening', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
  });

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** @returns a page that notes every request to elsewhere, every error and every complaint of the policy */
  const openPage = async (
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<{ page: Page; complaints: string[] }> => {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(`${address}/`) && !request.url().startsWith('data:'))
        complaints.push(request.url());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // The browser itself tells of every 404, which is how "not there yet" is answered.
      if (!/status of 40[49]/.test(message.text())) complaints.push(message.text());
    });
    page.on('dialog', (dialog) => complaints.push(dialog.message()));
    return { page, complaints };
  };
  const settled = (page: Page, view: string) => page.locator(`#panel[data-view=${view}] > div > *`).first().waitFor();

  test.each([
    { width: 1280, colorScheme: 'light' as const },
    { width: 400, colorScheme: 'dark' as const },
  ])(
    '$width px, $colorScheme: every view shows hostile text as text and fits the window',
    async ({ width, colorScheme }) => {
      const { page, complaints } = await openPage({ viewport: { width, height: 900 }, colorScheme });
      let told = '';
      for (const view of VIEWS) {
        await page.goto(`${address}/#/hostile/${view}`);
        await settled(page, view);
        await page.waitForLoadState('load');
        await page.waitForTimeout(300);
        told += await page.locator('#panel').textContent();
        expect(await page.evaluate('document.documentElement.scrollWidth'), view).toBeLessThanOrEqual(width);
        expect(
          await page.evaluate(
            'document.querySelectorAll("#app script, #app img, #app [onload], #app [onerror], #app a[href^=javascript]").length',
          ),
          view,
        ).toBe(0);
      }
      await page.goto(`${address}/#/hostile/pairs`);
      await page.locator('#panel select').first().selectOption('preferences');
      await page.locator('.preference').waitFor();
      told += await page.locator('#panel').textContent();
      expect(told.split(HOSTILE).length).toBeGreaterThan(8);
      expect(await page.evaluate('window.hacked')).toBeUndefined();
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  test('right-to-left text runs from the right, in the language where its letters are', async () => {
    const { page } = await openPage();
    await page.goto(`${address}/#/hostile/pairs`);
    const urdu = page.locator('.text', { hasText: URDU });
    await urdu.waitFor();
    expect(await urdu.getAttribute('lang')).toBe('urd-Arab');
    expect(await urdu.evaluate((node) => getComputedStyle(node).direction)).toBe('rtl');
    await page.locator('#panel select').first().selectOption('preferences');
    const rejected = page.locator('.rejected .text');
    await rejected.waitFor();
    expect(await rejected.getAttribute('lang')).toBe('');
    expect(await rejected.evaluate((node) => getComputedStyle(node).direction)).toBe('ltr');
    await page.close();
  });

  test('a run that goes on is followed', async () => {
    const { page, complaints } = await openPage();
    await page.goto(`${address}/#/live/training`);
    await page.getByText('Step 20 of 20').waitFor();
    await appendFile(
      join(directory, 'runs', 'live', '03-stage-1.partial', 'training.jsonl'),
      '{"type":"step-completed","step":21,"numSteps":40,"loss":1.234,"durationMs":5}\n',
    );
    await page.getByText('Step 21 of 40').waitFor();
    await page.getByText('step 21 1.234').first().waitFor();
    const validate = (step: number, urdu: number): Promise<void> =>
      appendFile(
        join(directory, 'runs', 'live', '03-stage-1.partial', 'training.jsonl'),
        `{"type":"evaluation-completed","step":${step},"numSteps":40,"metrics":{"bits_per_byte/urd_Arab":${urdu},"bits_per_byte/low":${urdu + 1},"gain/low":0}}\n`,
      );
    await validate(0, 4.25);
    await validate(22, 3.75);
    await page.getByRole('heading', { name: 'Validation' }).waitFor();
    const validation = page.locator('section', { hasText: 'Validation' });
    await validation.locator('.chart', { hasText: 'bits per byte' }).first().getByText('step 22 4.75').waitFor();
    await page.getByRole('tab', { name: 'Languages' }).click();
    const urdu = page.locator('.multiple', { hasText: 'Urdu' });
    await urdu.getByText('−0.5').waitFor();
    expect(await urdu.locator('line.reference').count()).toBe(1);
    await validate(24, 3.5);
    await urdu.getByText('−0.75').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('everything is reached by keyboard', async () => {
    const { page } = await openPage();
    await page.goto(`${address}/#/hostile/overview`);
    await settled(page, 'overview');
    await page.getByRole('tab', { name: 'Overview' }).focus();
    for (const view of VIEWS.slice(1)) {
      await page.keyboard.press('ArrowRight');
      await settled(page, view);
      const focused = page.locator(':focus');
      expect(await focused.getAttribute('id')).toBe(`tab-${view}`);
      expect(await focused.getAttribute('aria-selected')).toBe('true');
      expect(await focused.evaluate((node) => getComputedStyle(node).outlineStyle)).toBe('solid');
    }
    await page.keyboard.press('Home');
    await settled(page, 'overview');
    await page.keyboard.press('ArrowRight');
    await settled(page, 'training');
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').evaluate((node) => node.tagName)).toBe('SELECT');
    await page.close();
  });

  test('a million logged events: drawn whole, no spike lost, and looked into down to single steps', async () => {
    const { page, complaints } = await openPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${address}/#/long/training`);
    await page.getByText('1M points in the log').waitFor({ timeout: 120_000 });
    const chart = page.locator('.chart', { hasText: 'Loss' }).first();
    await chart.locator('canvas').waitFor();
    // The one step of a million with a loss of 99 is on the axis.
    const view = (await (await page.request.get(`${address}/api/runs/long/training/stage-1?points=1500`)).json()) as {
      numPoints: number;
      curves: { name: string; steps: number[]; values: number[] }[];
    };
    expect(view.numPoints).toBe(NUM_EVENTS);
    const loss = view.curves.find(({ name }) => name === 'loss')!;
    expect(loss.steps.length).toBeLessThanOrEqual(1500);
    expect(Math.max(...loss.values)).toBe(99);
    const box = (await chart.locator('canvas').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60);
    // The page's policy forbids what waitForFunction would evaluate again and again.
    await expect.poll(() => page.textContent('.readout'), { timeout: 30_000 }).not.toBe('step 1M');
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 10 });
    await page.mouse.up();
    await page.getByText('showing').waitFor();
    await chart.focus();
    for (let times = 0; times < 12; times++) {
      const before = await page.locator('.note').first().textContent();
      await page.keyboard.press('+');
      await expect.poll(() => page.textContent('.note'), { timeout: 30_000 }).not.toBe(before);
    }
    const shown = (await page.locator('.note').first().textContent())!;
    expect(shown).toContain('showing');
    await page.keyboard.press('0');
    await page.getByText('showing').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
  });
});
