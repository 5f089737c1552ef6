/**
 * Row kernels of the linear cross-entropy: logits exist only for one chunk of the vocabulary at a time, or for a few rows.
 *
 * Slots: 0 logits [T, C], 1 labels [T], 2 peaks [T], 3 sums [T], 4 logit of the label [T], 5 rows, 6 chunk columns C, 7 first column of the chunk,
 * 8 rows per task, 9 logSumExp [T], 10 dnll [T], 11 nll [T].
 */
import { paramInt, paramPointer } from '../layout';
import { expRow, maxRow, NEGLIGIBLE, scaleRow } from '../reduce';
import { expScalar } from '../simd';

/** Takes one chunk into the running peak and sum of each row; overwrites the logits. */
export function crossEntropyChunkTask(task: i32): void {
  const columns = paramInt(6);
  const firstColumn = paramInt(7);
  const perTask = paramInt(8);
  const first = task * perTask;
  const last = min(paramInt(5), first + perTask);
  for (let t = first; t < last; t++) {
    const at = <usize>t << 2;
    const row = paramPointer(0) + <usize>t * (<usize>columns << 2);
    const label = load<i32>(paramPointer(1) + at) - firstColumn;
    if (label >= 0 && label < columns) store<f32>(paramPointer(4) + at, load<f32>(row + (<usize>label << 2)));
    const before = firstColumn == 0 ? <f32>-Infinity : load<f32>(paramPointer(2) + at);
    const sumBefore = firstColumn == 0 ? <f32>0 : load<f32>(paramPointer(3) + at);
    const peak = max(before, maxRow(row, columns));
    const sum = expRow(row, row, columns, 1, peak, NEGLIGIBLE);
    store<f32>(paramPointer(3) + at, sumBefore == 0 ? sum : sumBefore * expScalar(before - peak) + sum);
    store<f32>(paramPointer(2) + at, peak);
  }
}

/** logSumExp and nll from the running values. */
export function crossEntropyEndTask(): void {
  const rows = paramInt(5);
  for (let t = 0; t < rows; t++) {
    const at = <usize>t << 2;
    const value = load<f32>(paramPointer(2) + at) + Mathf.log(load<f32>(paramPointer(3) + at));
    store<f32>(paramPointer(9) + at, value);
    store<f32>(paramPointer(11) + at, value - load<f32>(paramPointer(4) + at));
  }
}

/** Whole rows of logits become softmax - one-hot, the gradient of their nll; logSumExp and nll on the way. Slot 7: floats from row to row. */
export function crossEntropyRowsTask(task: i32): void {
  const columns = paramInt(6);
  const stride = <usize>paramInt(7) << 2;
  const perTask = paramInt(8);
  const first = task * perTask;
  const last = min(paramInt(5), first + perTask);
  for (let t = first; t < last; t++) {
    const at = <usize>t << 2;
    const row = paramPointer(0) + <usize>t * stride;
    const place = row + (<usize>load<i32>(paramPointer(1) + at) << 2);
    const picked = load<f32>(place);
    const peak = maxRow(row, columns);
    const sum = expRow(row, row, columns, 1, peak, NEGLIGIBLE);
    scaleRow(row, row, columns, 1 / sum);
    store<f32>(place, load<f32>(place) - 1);
    const logSumExp = peak + Mathf.log(sum);
    store<f32>(paramPointer(9) + at, logSumExp);
    store<f32>(paramPointer(11) + at, logSumExp - picked);
  }
}

/** Logits of one chunk become their gradients: (softmax - one-hot) * dnll. */
export function crossEntropyGradTask(task: i32): void {
  const columns = paramInt(6);
  const firstColumn = paramInt(7);
  const perTask = paramInt(8);
  const first = task * perTask;
  const last = min(paramInt(5), first + perTask);
  for (let t = first; t < last; t++) {
    const at = <usize>t << 2;
    const row = paramPointer(0) + <usize>t * (<usize>columns << 2);
    const dnll = load<f32>(paramPointer(10) + at);
    expRow(row, row, columns, 1, load<f32>(paramPointer(9) + at), NEGLIGIBLE);
    const label = load<i32>(paramPointer(1) + at) - firstColumn;
    if (label >= 0 && label < columns) {
      const place = row + (<usize>label << 2);
      store<f32>(place, load<f32>(place) - 1);
    }
    scaleRow(row, row, columns, dnll);
  }
}
