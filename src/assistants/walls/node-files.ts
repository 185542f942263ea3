import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

let files: string[] | undefined;

/** What Node.js reads of the machine to start: its program and the libraries that this process has, by their names. */
export function filesOfNode(): string[] {
  files ??= [...new Set([process.execPath, ...sharedObjects().filter((path) => path.startsWith('/'))])];
  return files;
}

/** https://nodejs.org/api/report.html */
function sharedObjects(): string[] {
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const before = report.excludeNetwork ?? false;
  // The names of its connections would be looked up one by one.
  report.excludeNetwork = true;
  const { sharedObjects } = report.getReport() as unknown as { sharedObjects: string[] };
  report.excludeNetwork = before;
  return sharedObjects;
}

/** What says of a folder's scripts that they are modules: Node.js looks for it in each folder above. */
export function packageFileOf(folder: string): string[] {
  const path = join(folder, 'package.json');
  if (existsSync(path)) return [path];
  return dirname(folder) === folder ? [] : packageFileOf(dirname(folder));
}

/** What its environment has to say: the time that people's Python shows is that of this machine. */
export function environmentOfNode(): Record<string, string> {
  return { TZ: process.env.TZ || Intl.DateTimeFormat().resolvedOptions().timeZone };
}
