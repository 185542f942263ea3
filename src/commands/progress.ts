import { basename } from 'node:path/posix';
import { visible } from '../knowledge/reports/sync-report.ts';

/** Characters of the bar. */
const WIDTH = 30;

/** On what is no terminal, so many lines tell of the way. */
const LINES = 10;

/** Shows how far something is: as a bar that is drawn anew on a terminal, otherwise as a few plain lines. */
export function progressOn(stream: NodeJS.WriteStream): (done: number, all: number, what: string) => void {
  return stream.isTTY ? bar(stream) : lines(stream);
}

function bar(stream: NodeJS.WriteStream) {
  return (done: number, all: number, what: string) => {
    if (all === 0) return;
    const full = Math.round((done / all) * WIDTH);
    const text = `[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${done}/${all} ${visible(basename(what))}`;
    stream.write(
      `\r\x1b[K${text.slice(0, Math.max(1, (stream.columns ?? 80) - 1))}${done === all ? '\n' : ''}`,
    );
  };
}

function lines(stream: NodeJS.WriteStream) {
  return (done: number, all: number) => {
    const step = Math.max(1, Math.ceil(all / LINES));
    if (done > 0 && (done % step === 0 || done === all)) stream.write(`${done} of ${all} done\n`);
  };
}
