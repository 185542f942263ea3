// Python's event loop stands on JavaScript's timers. They tick only while a call runs: what a call leaves behind
// waits for the next one, instead of working, printing or looping for ever in between.

/** @type {(() => void)[]} */
let waiting = [];
let running = false;

/** Puts timers that can be stopped in the place of the global ones. */
export function installTimers() {
  const { setTimeout, setImmediate } = globalThis;
  Object.assign(globalThis, {
    /** @param {() => void} callback @param {number} delay */
    setTimeout: (callback, delay) => setTimeout(() => whenRunning(callback), delay),
    /** @param {() => void} callback */
    setImmediate: (callback) => setImmediate(() => whenRunning(callback)),
    MessageChannel: class {
      port1 = { onmessage: () => {} };
      port2 = { postMessage: () => setImmediate(() => whenRunning(() => this.port1.onmessage())) };
    },
  });
}

export function startTimers() {
  running = true;
  const due = waiting;
  waiting = [];
  for (const callback of due) queueMicrotask(callback);
}

export function stopTimers() {
  running = false;
}

/** @param {() => void} callback */
function whenRunning(callback) {
  if (running) callback();
  else waiting.push(callback);
}
