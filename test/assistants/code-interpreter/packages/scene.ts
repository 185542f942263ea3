import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  Packages,
  type PackagesOptions,
} from '../../../../src/assistants/code-interpreter/packages/packages.ts';
import { startWheelMirror, type WheelMirror } from '../../../sim/wheel-mirror.ts';
import type { WheelSpec } from '../../../sim/wheels.ts';

export interface Scene {
  mirror: WheelMirror;
  dataDir: string;
  options: PackagesOptions;
  /** As another process opens them. */
  packages(options?: Partial<PackagesOptions>): Packages;
  /** The names of all files below the folder of packages. */
  files(): string[];
}

/** A module that tells its own name, with what it imports. */
export function module(name: string, depends: string[] = [], version = '1.0.0'): WheelSpec {
  const imports = depends.map((one) => `import ${one}\n`).join('');
  // Random, so that it does not become smaller when it is packed.
  const filler = Buffer.from(crypto.getRandomValues(new Uint8Array(8_000))).toString('hex');
  return {
    name,
    version,
    depends,
    files: { [`${name}/__init__.py`]: `${imports}NAME = "${name} ${version}" # ${filler}\n` },
  };
}

/** A mirror with these packages, and an empty folder for them. */
export async function openScene(specs: readonly WheelSpec[]): Promise<Scene> {
  const mirror = await startWheelMirror(specs);
  onTestFinished(() => mirror.close());
  const dataDir = temporaryFolder();
  const options = { dataDir, url: mirror.url, lockFile: mirror.lockIn(dataDir) };
  return {
    mirror,
    dataDir,
    options,
    packages: (others = {}) => new Packages({ ...options, ...others }),
    files: () => {
      const names = readdirSync(join(dataDir, 'packages'), { recursive: true, withFileTypes: true });
      return names
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort();
    },
  };
}

/** Gone when the test is over, or when `end` says. */
export function temporaryFolder(end: (work: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'bobbin packages '));
  end(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
