import { expect, test } from 'vitest';
import { createProgressBar } from './progress-bar.ts';
import type { Terminal } from './terminal.ts';

function recorded(isInteractive: boolean, columns = 120) {
  const written: string[] = [];
  const terminal: Terminal = { isInteractive, columns, write: (text) => written.push(text), style: (_, text) => text };
  let time = 0;
  const bar = createProgressBar(terminal, () => time);
  return { written, bar, wait: (ms: number) => void (time += ms) };
}

test('plain lines come every few seconds and hold no control characters', () => {
  const { bar, written, wait } = recorded(false);
  bar.open('03 pretrain');
  bar.start({ total: 1000, unit: 'tokens' });
  for (let i = 0; i < 20; i++) {
    wait(1000);
    bar.advance(25, 'loss 3.2');
  }
  expect(written).toEqual([
    '03 pretrain 12 %  125/1000 tokens  25/s  35 s left  loss 3.2\n',
    '03 pretrain 25 %  250/1000 tokens  25/s  30 s left  loss 3.2\n',
    '03 pretrain 37 %  375/1000 tokens  25/s  25 s left  loss 3.2\n',
    '03 pretrain 50 %  500/1000 tokens  25/s  20 s left  loss 3.2\n',
  ]);
});

test('work of an earlier run counts into the bar but not into the rate', () => {
  const { bar, written, wait } = recorded(false);
  bar.open('x');
  bar.start({ total: 1000, unit: 'tokens' });
  bar.set(900);
  wait(5000);
  bar.advance(50);
  expect(written).toEqual(['x 95 %  950/1000 tokens  10/s  5.0 s left\n']);
});

test('the rate follows a change of speed', () => {
  const { bar, written, wait } = recorded(false);
  bar.open('x');
  bar.start({ unit: 'documents', label: 'reading' });
  for (let i = 0; i < 60; i++) {
    wait(1000);
    bar.advance(i < 30 ? 100 : 10);
  }
  expect(written.at(-1)).toBe('x: reading 3300 documents  10/s\n');
});

test('on a terminal the bar stays within its width and lines are printed above it', () => {
  const { bar, written, wait } = recorded(true, 60);
  bar.open('03 a very long title of a stage that fills it');
  bar.start({ total: 10, unit: 'tokens' });
  wait(500);
  bar.advance(5, 'a note that is much too long for this terminal, truly');
  bar.print('hello');
  bar.close();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the control sequences are what is checked
  for (const text of written) expect(text.replace(/\r?\u001b\[2K/g, '').length).toBeLessThan(60);
  expect(written).toContain('hello\n');
  expect(written.at(-1)).toBe('\r\u001b[2K');
  const drawn = written.length;
  bar.advance();
  expect(written).toHaveLength(drawn);
});
