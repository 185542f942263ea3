import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LockedPackage, PackageLock } from './lock.ts';
import { PackageError } from './package-error.ts';

/** A package whose archive is on this machine, with all that it needs. */
export interface InstalledPackage extends LockedPackage {
  /** Of the archive: a real path, against which permissions are checked. */
  readonly path: string;
  /** Of the archive. */
  readonly bytes: number;
  /** When the archive was put there, in ms. */
  readonly since: number;
}

/** Where what is fetched waits until all that was asked for is there: the next time goes on from it. */
const FETCHED = '.fetched';

/** What somebody was writing and nobody writes any more, in ms: who writes gives up long before. */
const ABANDONED_MS = 10 * 60_000;

/** The errors of a file system that has no room left, or lets nobody write more. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** A folder with the archives of packages. What stands there under its name is whole: nothing else is ever moved there. */
export class PackageFolder {
  readonly path: string;
  readonly #fetched: string;

  constructor(path: string) {
    this.path = path;
    this.#fetched = join(path, FETCHED);
  }

  /** Changes with what is in the folder. */
  async version(): Promise<string> {
    return stat(this.path).then(
      ({ mtimeMs, ino }) => `${ino} ${mtimeMs}`,
      () => '',
    );
  }

  /** The names of the archives that are there. */
  async archives(): Promise<Set<string>> {
    const names = await readdir(this.path).catch(() => []);
    return new Set(names.filter((name) => /\.(whl|zip)$/.test(name)));
  }

  async isWhole({ fileName, sha256 }: LockedPackage): Promise<boolean> {
    return (await checksum(join(this.path, fileName))) === sha256;
  }

  /** Whether the package has been fetched before, by who did not come to the end. */
  async isFetched({ fileName, sha256 }: LockedPackage): Promise<boolean> {
    const path = join(this.#fetched, fileName);
    const sum = await checksum(path);
    if (sum !== undefined && sum !== sha256) await rm(path, { force: true });
    return sum === sha256;
  }

  /** Makes the folder ready to be written to. */
  async open(): Promise<void> {
    await this.#writing(async () => {
      await mkdir(this.#fetched, { recursive: true, mode: 0o700 });
      for (const name of await readdir(this.#fetched)) {
        const path = join(this.#fetched, name);
        const since = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0);
        if (name.endsWith('.part') && since > ABANDONED_MS) await rm(path, { force: true });
      }
    });
  }

  /**
   * Keeps what `write` puts into the file that it is given, once it has come to its end; several processes may do so at
   * once.
   */
  async fetch(one: LockedPackage, write: (part: string) => Promise<void>): Promise<void> {
    const part = join(this.#fetched, `${one.fileName}.${crypto.randomUUID()}.part`);
    await this.#writing(async () => {
      try {
        await write(part);
        await rename(part, join(this.#fetched, one.fileName));
      } finally {
        await rm(part, { force: true });
      }
    });
  }

  /** Puts what was fetched where it is used, in the order given. */
  async install(packages: readonly LockedPackage[]): Promise<void> {
    await this.#writing(async () => {
      for (const { fileName } of packages) {
        const target = join(this.path, fileName);
        await rename(join(this.#fetched, fileName), target).catch(async (error: unknown) => {
          // Who installs the same at the same time may have been faster.
          if (!(await exists(target))) throw error;
        });
      }
    });
  }

  async remove(fileNames: Iterable<string>): Promise<void> {
    await this.#writing(async () => {
      for (const name of fileNames) await rm(join(this.path, name), { force: true });
    });
  }

  async #writing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw asPackageError(error, this.path);
    }
  }
}

/** The packages in these folders that can be used, each after what it needs; the first folder that has one counts. */
export async function installedIn(
  folders: readonly PackageFolder[],
  lock: PackageLock,
): Promise<InstalledPackage[]> {
  const paths = new Map<string, string>();
  for (const folder of folders)
    for (const name of await folder.archives())
      if (!paths.has(name)) paths.set(name, join(folder.path, name));
  const there = (one: LockedPackage) => paths.has(one.fileName);
  const usable = lock.all.filter((one) => there(one) && lock.withDependencies([one.name]).every(there));
  const found = lock.withDependencies(usable.map(({ name }) => name)).map(async (one) => {
    try {
      const path = await realpath(paths.get(one.fileName) ?? '');
      const { size: bytes, mtimeMs: since } = await stat(path);
      return [{ ...one, path, bytes, since }];
    } catch {
      return []; // It has just been removed.
    }
  });
  return (await Promise.all(found)).flat();
}

function asPackageError(error: unknown, folder: string): unknown {
  if (error instanceof PackageError || !(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  const why = FULL.has(code) ? 'there is no room left' : `it can't be written to (${code})`;
  return new PackageError('folder fails', `Packages can't be kept in ${folder}: ${why}.`, { cause: error });
}

/** Of a file, in hexadecimal; undefined where there is none. */
async function checksum(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
