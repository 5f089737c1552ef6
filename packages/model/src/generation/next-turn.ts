/**
 * Gives the event loop a turn, so that timers, signals and a page's events are served between two tokens.
 */

interface Host {
  readonly setImmediate?: (run: () => void) => unknown;
}

/** A page's `setTimeout` waits 4 ms once it is nested; a message does not wait. */
export function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as Host;
  if (setImmediate) return new Promise((resolve) => setImmediate(() => resolve()));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
