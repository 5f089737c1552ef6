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

  function describe(): string {
    const perSecond = rate();
    const parts: string[] = [];
    if (total === undefined) parts.push(`${formatCount(done)} ${unit}`);
    else parts.push(`${formatCount(done)}/${formatCount(total)} ${unit}`);
    if (perSecond > 0) parts.push(`${formatCount(perSecond)}/s`);
    if (total !== undefined && perSecond > 0 && done < total)
      parts.push(`${formatDuration((total - done) / perSecond)} left`);
    if (note !== '') parts.push(note);
    return parts.join('  ');
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
      terminal.write(`${name} ${percent.trim()}${percent === '' ? '' : '  '}${describe()}\n`);
      return;
    }
    const filled = total === undefined || total === 0 ? 0 : Math.round((BAR_WIDTH * Math.min(done, total)) / total);
    const bar = terminal.style('cyan', '━'.repeat(filled)) + terminal.style('dim', '─'.repeat(BAR_WIDTH - filled));
    const room = terminal.columns - 1 - BAR_WIDTH - percent.length - 6;
    const head = name.length > room / 2 ? `${name.slice(0, Math.max(4, Math.floor(room / 2) - 1))}…` : name;
    const text = describe().slice(0, Math.max(0, room - head.length));
    terminal.write(`${CLEAR_LINE}${terminal.style('bold', head)} ${bar} ${percent}  ${text}`);
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
