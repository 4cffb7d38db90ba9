/** Waits until messages that have already arrived were handled. */

const { port1, port2 } = new MessageChannel();
let wake: (() => void) | undefined;

port1.onmessage = () => {
  const resume = wake;
  wake = undefined;
  resume?.();
};

/** One macrotask by message: unlike a timer it is never delayed. One caller at a time. */
export function messageTurn(): Promise<void> {
  return new Promise((resolve) => {
    const waiting = wake;
    wake = waiting ? () => (waiting(), resolve()) : resolve;
    if (!waiting) port2.postMessage(null);
  });
}
