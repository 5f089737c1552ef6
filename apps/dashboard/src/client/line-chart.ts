/**
 * One chart of curves over steps, drawn by uPlot: a readout under the pointer, dragging to look closer, and the same by keyboard.
 *
 * Keys: + and - look closer and from farther, arrows move, 0 shows all.
 */
import uPlot from 'uplot';
import type { Curve } from '../api-types.ts';
import { element, fill } from './dom.ts';
import { formatCount, formatNumber } from './format.ts';

export interface StepRange {
  readonly from?: number;
  readonly to?: number;
}

export interface LineChartOptions {
  readonly title: string;
  readonly unit: string;
  /** custom property of the colour of each curve */
  readonly colors: readonly string[];
  /** draws a smoothed line over the first curve */
  readonly isSmoothed?: boolean;
  readonly height?: number;
  /** somebody chose steps; undefined shows all */
  readonly onRange?: (range: StepRange) => void;
}

export interface LineChart {
  readonly root: HTMLElement;
  update(curves: readonly Curve[]): void;
  close(): void;
}

const SYNC_KEY = 'steps';
const SMOOTHING = 0.9;

export function lineChart(options: LineChartOptions): LineChart {
  const { title, unit, colors, isSmoothed = false, height = 190, onRange } = options;
  const readout = element('span', { class: 'readout', 'aria-live': 'off' });
  const canvas = element('div', { class: 'canvas' });
  const legend = element('ul', { class: 'legend small' });
  const root = element(
    'figure',
    {
      class: 'chart',
      tabindex: 0,
      role: 'group',
      'aria-label': title,
      onkeydown: (event) => onKey(event as KeyboardEvent),
    },
    element('figcaption', {}, element('strong', {}, title), ' ', element('span', { class: 'unit' }, unit), readout),
    legend,
    canvas,
  );
  let curves: readonly Curve[] = [];
  let plot: uPlot | undefined;
  let columns: uPlot.AlignedData = [[]];

  const make = (): void => {
    plot?.destroy();
    const css = getComputedStyle(document.documentElement);
    const color = (name: string): string => css.getPropertyValue(name).trim();
    const axis = {
      stroke: color('--soft'),
      grid: { stroke: color('--grid'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    const line = (curve: Curve, index: number): uPlot.Series => ({
      label: curve.name,
      stroke: color(colors[index % colors.length]!),
      width: 1.5,
      alpha: isSmoothed && index === 0 ? 0.35 : 1,
      points: { show: curve.steps.length < 2 },
      spanGaps: curves.length > 1,
    });
    plot = new uPlot(
      {
        width: Math.max(120, canvas.clientWidth),
        height,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        scales: { x: { time: false } },
        cursor: { sync: { key: SYNC_KEY }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
        axes: [
          {
            ...axis,
            size: 24,
            values: (_, splits) => splits.map((split) => (Number.isInteger(split) ? formatCount(split) : '')),
          },
          { ...axis, size: 52, values: (_, splits) => splits.map(formatNumber) },
        ],
        series: [
          {},
          ...curves.map(line),
          ...(isSmoothed && curves.length > 0 ? [{ ...line(curves[0]!, 0), alpha: 1, width: 2 }] : []),
        ],
        hooks: { setCursor: [tell], setSelect: [choose] },
      },
      columns,
      canvas,
    );
  };

  const tell = (own: uPlot): void => {
    const index = own.cursor.idx ?? columns[0].length - 1;
    const step = columns[0][index];
    const values = curves.map((curve, at) => {
      const value = formatNumber(columns[at + 1]?.[index]);
      return curves.length === 1 ? value : `${curve.name} ${value}`;
    });
    readout.textContent = step === undefined ? '' : `step ${formatCount(step)}  ${values.join('  ')}`;
  };

  const choose = (own: uPlot): void => {
    const { left, width } = own.select;
    if (width < 4) return;
    onRange?.({ from: Math.floor(own.posToVal(left, 'x')), to: Math.ceil(own.posToVal(left + width, 'x')) });
    own.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  };

  const onKey = (event: KeyboardEvent): void => {
    const steps = columns[0];
    if (onRange === undefined || steps.length < 2) {
      if (event.key === '0') onRange?.({});
      return;
    }
    const [first, last] = [steps[0]!, steps.at(-1)!];
    const width = last - first;
    const move = (from: number, to: number): void => onRange({ from: Math.round(from), to: Math.round(to) });
    if (event.key === '+' || event.key === '=') move(first + width / 4, last - width / 4);
    else if (event.key === '-') move(first - width / 2, last + width / 2);
    else if (event.key === 'ArrowLeft') move(first - width / 4, last - width / 4);
    else if (event.key === 'ArrowRight') move(first + width / 4, last + width / 4);
    else if (event.key === '0') onRange({});
    else return;
    event.preventDefault();
  };
  canvas.addEventListener('dblclick', () => onRange?.({}));

  const resized = new ResizeObserver(() => plot?.setSize({ width: Math.max(120, canvas.clientWidth), height }));
  resized.observe(canvas);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', make);

  return {
    root,
    update(next) {
      const isSame =
        plot !== undefined && next.map(({ name }) => name).join() === curves.map(({ name }) => name).join();
      curves = next;
      columns = aligned(curves, isSmoothed);
      fill(
        legend,
        ...(curves.length < 2
          ? []
          : curves.map(({ name }, index) => {
              const mark = element('i', { class: 'mark line' });
              mark.style.background = `var(${colors[index % colors.length]})`;
              return element('li', {}, mark, name);
            })),
      );
      if (isSame) plot!.setData(columns);
      else make();
      tell(plot!);
    },
    close() {
      resized.disconnect();
      scheme.removeEventListener('change', make);
      plot?.destroy();
    },
  };
}

/** Curves on the steps that any of them has. */
function aligned(curves: readonly Curve[], isSmoothed: boolean): uPlot.AlignedData {
  const first = curves[0];
  if (first === undefined) return [[]];
  if (curves.length === 1) {
    const values = first.values as (number | null)[];
    return [first.steps as number[], values, ...(isSmoothed ? [smoothed(values)] : [])];
  }
  return uPlot.join(curves.map(({ steps, values }) => [steps as number[], values as (number | null)[]]));
}

/** Exponential moving average, its beginning corrected. */
function smoothed(values: readonly (number | null)[]): (number | null)[] {
  const smoothing = values.length < 30 ? 0.6 : SMOOTHING;
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = smoothing * sum + (1 - smoothing) * value;
    weight = smoothing * weight + (1 - smoothing);
    return sum / weight;
  });
}
