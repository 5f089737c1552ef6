/**
 * The report in a real browser: it must draw, ask for nothing from anywhere, and run nothing that a document smuggled in.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HTML_REPORT_FILE, writeReport } from '../../src/report/write-report.ts';
import { makeRunResults } from '../fixtures/make-run-results.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const HOSTILE =
  '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"><svg onload="window.hacked = 3">';

describe.skipIf(executablePath === undefined)('report.html in Chromium (skipped where none is installed)', () => {
  const directory = mkdtempSync(join(tmpdir(), 'marco-report-'));
  let browser: Browser;

  beforeAll(async () => {
    const samples = ['eng_Latn', 'arb_Arab'].map((language) => ({
      afterStage: 'preference',
      kind: 'continuation' as const,
      language,
      prompt: HOSTILE,
      generated: `${HOSTILE} كل الناس`,
      reference: HOSTILE,
    }));
    await writeReport(directory, makeRunResults({ samples }));
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each([
    { width: 1200, colorScheme: 'light' as const },
    { width: 400, colorScheme: 'dark' as const },
  ])('$width px, $colorScheme: complete, quiet and not wider than the window', async ({ width, colorScheme }) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(message.text()));
    const url = pathToFileURL(join(directory, HTML_REPORT_FILE)).href;
    await page.goto(url);
    expect(requests).toEqual([url]);
    expect(complaints).toEqual([]);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.evaluate('document.scripts.length')).toBe(0);
    expect(await page.locator('svg').count()).toBeGreaterThan(5);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect((await page.textContent('body'))!).toContain('<img src=x onerror=');
    await page.close();
  });
});
