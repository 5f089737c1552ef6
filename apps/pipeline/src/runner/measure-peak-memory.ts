/**
 * Measures the highest resident memory of this process between two moments.
 *
 * On Linux the kernel's high-water mark is reset at the start and read at the end, so that peaks inside long synchronous kernels are
 * seen; elsewhere memory is sampled every 200 ms and bounded by nothing better.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const SAMPLE_INTERVAL_MS = 200;

/** @returns a function that ends the measurement and gives the peak in bytes */
export function measurePeakMemory(): () => number {
  let kernelMarks = false;
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    kernelMarks = true;
  } catch {
    // not Linux, or not allowed
  }
  let peakBytes = process.memoryUsage.rss();
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, SAMPLE_INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    return kernelMarks ? Math.max(peakBytes, readHighWaterMark()) : peakBytes;
  };
}

function readHighWaterMark(): number {
  const match = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return match === null ? 0 : Number(match[1]) * 1024;
}
