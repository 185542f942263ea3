import { type FSWatcher, watch } from 'node:fs';

/** Editors write a file in several steps, in ms. */
const SETTLED_MS = 100;

/** What functions write beside their modules is their own affair. */
const CODE = /\.([cm]?[jt]s|json)$/;

/** Calls `onChange` after code has changed in a folder or below it, one call after the other. */
export function watchFolder(folder: string, onChange: () => Promise<void>): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let work = Promise.resolve();
  const changed = () => {
    work = work.then(onChange).catch(() => {});
  };
  const soon = (name: string | null) => {
    if (name !== null && !CODE.test(name)) return;
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLED_MS);
  };
  const watcher = open(folder, soon);
  return {
    close: () => {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}

/** Nothing is watched where there is no such folder, or the system has no room for one more. */
function open(folder: string, onEvent: (name: string | null) => void): FSWatcher | undefined {
  try {
    // What is watched does not keep the process.
    return watch(folder, { recursive: true, persistent: false }, (_, name) => onEvent(name)).on(
      'error',
      () => {},
    );
  } catch {
    return undefined;
  }
}
