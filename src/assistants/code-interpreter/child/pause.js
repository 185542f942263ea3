const nothing = new Int32Array(new SharedArrayBuffer(4));
const { wait } = Atomics;

/**
 * Lets this thread sleep, without any work.
 *
 * @param {number} seconds
 */
export function pause(seconds) {
  wait(nothing, 0, 0, seconds * 1000);
}
