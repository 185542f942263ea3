import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Bot } from './bots/bot.ts';

const FILE = join(import.meta.dirname, '../../../BENCHMARKS.md');
const BEGIN = '<!-- bench:peer begin -->';
const END = '<!-- bench:peer end -->';
const GB = 2 ** 30;

/** With what, where and when it was measured. */
export function headline(bots: readonly Bot[], rounds: number): string {
  const processors = cpus();
  const versions = bots.map(({ name, version }) => `${name} ${version}`).join(', ');
  const machine = `${processors.length} × ${processors[0]?.model.trim()}, ${Math.round(totalmem() / GB)} GB`;
  const date = new Date().toISOString().slice(0, 10);
  return (
    `${versions}; Node ${process.versions.node}, ${process.platform} ${process.arch}, ${machine}; ${date}; ` +
    `\`npm run bench:peer -- --rounds ${rounds} --write\`. ` +
    (rounds > 1 ? `Medians of ${rounds} rounds, in parentheses the least and the most.` : 'One round.')
  );
}

/** Replaces what stands between the two markers. @throws Error when they are not there. */
export function writeInto(report: string): void {
  const [before, rest] = readFileSync(FILE, 'utf8').split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${FILE} lacks the lines ${BEGIN} and ${END}.`);
  writeFileSync(FILE, `${before}${BEGIN}\n${report}${END}${after}`);
}
