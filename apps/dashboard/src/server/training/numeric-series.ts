/** Points of one curve in typed arrays that grow: a million of them are 16 MB. */

export class NumericSeries {
  #steps = new Float64Array(256);
  #values = new Float64Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param step not below the last one */
  push(step: number, value: number): void {
    if (this.#length === this.#steps.length) {
      this.#steps = grown(this.#steps);
      this.#values = grown(this.#values);
    }
    this.#steps[this.#length] = step;
    this.#values[this.#length++] = value;
  }

  /** Forgets the points after a step. */
  cutAfter(step: number): void {
    this.#length = this.#firstAfter(step);
  }

  /** The points with `from <= step <= to`; views that are valid until the next change. */
  range(from: number, to: number): { readonly steps: Float64Array; readonly values: Float64Array } {
    const start = this.#firstAfter(from - Number.EPSILON * Math.max(1, Math.abs(from)));
    const end = this.#firstAfter(to);
    return { steps: this.#steps.subarray(start, end), values: this.#values.subarray(start, end) };
  }

  lastStep(): number | undefined {
    return this.#length === 0 ? undefined : this.#steps[this.#length - 1];
  }

  firstStep(): number | undefined {
    return this.#length === 0 ? undefined : this.#steps[0];
  }

  #firstAfter(step: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#steps[middle]! <= step) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
