import type { CodeOutput } from '../../view.ts';

/** Logs that follow each other as one, the later ones on a new line. */
export function joinLogs(outputs: readonly CodeOutput[]): CodeOutput[] {
  const joined: CodeOutput[] = [];
  for (const output of outputs) {
    const last = joined.at(-1);
    if (output.type !== 'logs' || last?.type !== 'logs') joined.push(output);
    else joined[joined.length - 1] = { ...last, logs: `${endLine(last.logs)}${output.logs}` };
  }
  return joined;
}

function endLine(logs: string): string {
  return logs === '' || logs.endsWith('\n') ? logs : `${logs}\n`;
}
