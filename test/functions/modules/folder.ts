import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of modules that is gone after the test; it lies outside of Bobbin, as a team's may. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'bobbin-functions-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'functions');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** A module with one function, which gives back `result`. */
export function moduleOf(name: string, result = `'${name}'`): string {
  return `
    import { defineFunction } from 'bobbin/functions';
    export default defineFunction({ name: '${name}', description: 'It is ${name}.', handler: () => ${result} });
  `;
}
