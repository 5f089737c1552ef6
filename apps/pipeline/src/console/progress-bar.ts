/**
 * One progress bar with rate and time left: drawn in place on a terminal, as a plain line every few seconds elsewhere.
 *
 * The rate is that of the last ten seconds, so that the time left follows a change of speed.
 */
import { formatCount, formatDuration } from '../format/format-quantity.ts';
import type { StageProgress } from '../runner/stage.ts';
import type { Terminal } from './terminal.ts';

const DRAW_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 5000;
const RATE_WINDOW_MS = 10_000;
const BAR_WIDTH = 24;
const NARROW_BAR_WIDTH = 14;
const CLEAR_LINE = '\r\u001b[2K';

export interface ProgressBar extends StageProgress {
  /** begins a new bar with this title; nothing is drawn before its `start` */
  open(title: string): void;
  /** prints a line above the bar */
  print(line: string): void;
  /** removes the bar */
  close(): void;
}

/** @param now a clock in milliseconds, for tests */
export function createProgressBar(terminal: Terminal, now: () => number = () => performance.now()): ProgressBar {
  let title = '';
  let label: string | undefined;
  let unit = '';
  let total: number | undefined;
  let done = 0;
  let note = '';
  let startedAt = 0;
  let lastDrawn = Number.NEGATIVE_INFINITY;
  let isStarted = false;
  let isDrawn = false;
  /** (time, done) pairs; the first is the oldest inside the window */
  let samples: [number, number][] = [];

  function rate(): number {
    const [oldestTime, oldestDone] = samples[0] ?? [startedAt, 0];
    const elapsed = (now() - oldestTime) / 1000;
    return elapsed > 0 ? (done - oldestDone) / elapsed : 0;
  }

  /** As much as fits: the count always, then time left, note and rate in the order of their use. */
  function describe(room: number): string {
    const perSecond = rate();
    const count = `${formatCount(done)}${total === undefined ? '' : `/${formatCount(total)}`} ${unit}`;
    const speed = perSecond > 0 ? `${formatCount(perSecond)}/s` : '';
    const left =
      total !== undefined && perSecond > 0 && done < total ? `${formatDuration((total - done) / perSecond)} left` : '';
    const choices = [[count, speed, left, note], [count, left, note], [count, left], [count]];
    const texts = choices.map((parts) => parts.filter((part) => part !== '').join('  '));
    return texts.find((text) => text.length <= room) ?? '';
  }

  function draw(force: boolean): void {
    if (!isStarted) return;
    const time = now();
    if (!force && time - lastDrawn < (terminal.isInteractive ? DRAW_INTERVAL_MS : LINE_INTERVAL_MS)) return;
    lastDrawn = time;
    const percent =
      total === undefined || total === 0 ? '' : `${String(Math.floor((100 * done) / total)).padStart(3)} %`;
    const name = label === undefined ? title : `${title}: ${label}`;
    if (!terminal.isInteractive) {
      terminal.write(`${name} ${percent.trim()}${percent === '' ? '' : '  '}${describe(Number.POSITIVE_INFINITY)}\n`);
      return;
    }
    const { columns } = terminal;
    const width = columns < 110 ? NARROW_BAR_WIDTH : BAR_WIDTH;
    const filled = total === undefined || total === 0 ? 0 : Math.round((width * Math.min(done, total)) / total);
    const bar = terminal.style('cyan', '━'.repeat(filled)) + terminal.style('dim', '─'.repeat(width - filled));
    const room = columns - 1 - width - percent.length - 4;
    const longest = Math.max(8, Math.floor(room / 2));
    const head = name.length > longest ? `${name.slice(0, longest - 1)}…` : name;
    terminal.write(`${CLEAR_LINE}${terminal.style('bold', head)} ${bar} ${percent}  ${describe(room - head.length)}`);
    isDrawn = true;
  }

  function clear(): void {
    if (isDrawn) terminal.write(CLEAR_LINE);
    isDrawn = false;
  }

  function moveTo(value: number, newNote: string | undefined): void {
    done = value;
    if (newNote !== undefined) note = newNote;
    const time = now();
    samples.push([time, done]);
    while (samples.length > 2 && time - samples[1]![0] > RATE_WINDOW_MS) samples.shift();
    draw(false);
  }

  return {
    open(newTitle) {
      clear();
      title = newTitle;
      isStarted = false;
    },
    start(options) {
      ({ unit, total, label } = { total: undefined, label: undefined, ...options });
      done = 0;
      note = '';
      isStarted = true;
      startedAt = now();
      samples = [[startedAt, 0]];
      // The first plain line comes after the interval: a stage that ends sooner is told by its closing line.
      if (terminal.isInteractive) draw(true);
      else lastDrawn = startedAt;
    },
    advance(by = 1, newNote) {
      moveTo(done + by, newNote);
    },
    set(value, newNote) {
      // Work of an earlier run: the rate starts from here.
      if (samples.length === 1) samples = [[now(), value]];
      moveTo(value, newNote);
    },
    print(line) {
      clear();
      terminal.write(`${line}\n`);
      if (terminal.isInteractive) draw(true);
    },
    close() {
      clear();
      isStarted = false;
    },
  };
}
