import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const WATCHDOG = new URL('../../src/functions/watchdog/watchdog.ts', import.meta.url).href;

const COMPUTES = 'for (let step = 0; step < 1e7; step++);';

/** How much of a processor is used, in µs: the watchdog looks twice a second, so it knows by then. */
const USED_US = 1_500_000;

/** The same for what is to be ended before that, on a machine that lets the watchdog wait. */
const NEVER_USED_US = 2_500_000;

/** What a process prints that is watched, and then computes for more than a second of a processor. */
function printed(shortWatch: string, computes = COMPUTES, usedUs = USED_US): string {
  const folder = mkdtempSync(join(tmpdir(), 'bobbin-watchdog-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'computes.mjs');
  writeFileSync(
    program,
    `import { watched } from ${JSON.stringify(WATCHDOG)};
    const long = watched();
    ${shortWatch}
    setTimeout(() => {
      while (process.cpuUsage().user < ${usedUs}) ${computes}
      process.stdout.write('lived');
    }, 1_000);
    setTimeout(() => process.exit(), 1_500);`,
  );
  return String(spawnSync(process.execPath, [program]).stdout);
}

test('a short limit ends what computes for longer while it holds, and nothing afterwards', () => {
  expect(printed('const short = watched(300);', COMPUTES, NEVER_USED_US)).toBe('');
  expect(printed('{ using short = watched(300); }')).toBe('lived');
});

test('many short ones, one after the other, are not taken for one that computes without end', () => {
  const short = '{ using each = watched(600); for (let step = 0; step < 5e7; step++); }';
  expect(printed('', short)).toBe('lived');
});
