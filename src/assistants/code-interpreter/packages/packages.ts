import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PYODIDE_FOLDER } from '../spawn-child.ts';
import { download } from './download.ts';
import { canonicalName, type LockedPackage, type PackageLock, readLock } from './lock.ts';
import { packagesNamed } from './names.ts';
import { PackageError } from './package-error.ts';
import { type InstalledPackage, installedIn, PackageFolder } from './package-folder.ts';

/** The folder below `dataDir`. */
const FOLDER = 'packages';

export interface PackagesOptions {
  /** A folder that outlives the process, such as `DATA_DIR`; left out, nothing can be installed. */
  dataDir?: string;
  /** A folder with packages that somebody else has filled, such as an image's. */
  ready?: string;
  /** The address below which the archives are, such as a mirror's; Pyodide's own when left out. */
  url?: string;
  /** A file that is written as `pyodide-lock.json`: what it names is there, too, or instead. */
  lockFile?: string;
}

export interface InstallOptions {
  /** Hears how many of all archives are there, and which is next or was last. */
  onStep?: (done: number, all: number, what: string) => void;
  signal?: AbortSignal;
}

export interface Installation {
  /** What was asked for, with all that it needs. */
  packages: LockedPackage[];
  /** How many of them were not there yet. */
  fetched: number;
}

/** What is installed, what could be, and what no longer fits. */
export interface PackageList {
  installed: InstalledPackage[];
  /** The names of packages that are there for another Python than this one. */
  outdated: string[];
}

/** A set of packages at one time. */
export interface PackageSet {
  /** Another one when something was installed or removed. */
  version: string;
  installed: readonly InstalledPackage[];
  /** The package to install for a module that can't be imported. */
  missing: Readonly<Record<string, string>>;
}

export const NO_PACKAGES: PackageSet = { version: '', installed: [], missing: {} };

/** The packages of this machine's Python. Every method rejects with a `PackageError` where people can do something. */
export class Packages {
  readonly #own: PackageFolder | undefined;
  readonly #folders: PackageFolder[];
  readonly #url: string;
  readonly #isMirrored: boolean;
  readonly #lockFile: string | undefined;
  #lock: Promise<PackageLock> | undefined;
  #set: PackageSet | undefined;

  constructor({ dataDir, ready, url, lockFile }: PackagesOptions) {
    this.#own = dataDir === undefined ? undefined : new PackageFolder(join(dataDir, FOLDER));
    this.#folders = [this.#own, ready === undefined ? undefined : new PackageFolder(ready)].filter(
      (folder) => folder !== undefined,
    );
    this.#isMirrored = url !== undefined;
    this.#url = `${(url ?? pyodideUrl()).replace(/\/+$/, '')}/`;
    this.#lockFile = lockFile;
  }

  /**
   * Fetches these packages and all that they need, where they are not there already, checks them, and lets Python have them:
   * all of them or, when one can't be had, none.
   */
  async install(names: readonly string[], options: InstallOptions = {}): Promise<Installation> {
    const { onStep = () => {}, signal = new AbortController().signal } = options;
    const lock = await this.#readLock();
    const packages = lock.withDependencies(packagesNamed(names, lock).map(({ name }) => name));
    const folder = this.#writable();
    await folder.open();
    const fetched: LockedPackage[] = [];
    for (const [done, one] of packages.entries()) {
      onStep(done, packages.length, one.fileName);
      if (!(await this.#has(one))) {
        await this.#fetch(folder, one, signal);
        fetched.push(one);
      }
    }
    await folder.install(fetched);
    await folder.remove(await outdatedIn(folder, packages));
    onStep(packages.length, packages.length, packages.at(-1)?.fileName ?? '');
    return { packages, fetched: fetched.length };
  }

  async list(): Promise<PackageList> {
    const lock = await this.#readLock();
    const installed = await installedIn(this.#folders, lock);
    const archives = (await Promise.all(this.#folders.map((folder) => folder.archives()))).flatMap(
      (names) => [...names],
    );
    const named = new Set(lock.all.map(({ fileName }) => fileName));
    const usable = new Set(installed.map(({ name }) => name));
    const outdated = archives.filter((name) => !named.has(name)).map(packageOf);
    return { installed, outdated: [...new Set(outdated)].filter((name) => !usable.has(name)) };
  }

  /** Removes packages, unless others that stay need them. */
  async remove(names: readonly string[]): Promise<string[]> {
    const { installed, outdated } = await this.list();
    const gone = new Set(names.map(canonicalName));
    const known = new Set([...installed.map(({ name }) => name), ...outdated]);
    const unknown = [...gone].filter((name) => !known.has(name));
    if (unknown.length > 0)
      throw new PackageError('unknown package', `${unknown.join(', ')} is not installed.`);
    const stays = installed.filter(({ name }) => !gone.has(name));
    const needed = stays.find(({ depends }) => depends.some((name) => gone.has(name)));
    if (needed)
      throw new PackageError(
        'needed by others',
        `${needed.depends.filter((name) => gone.has(name)).join(', ')} is needed by ${needed.name}: remove that, too, or first.`,
      );
    const folder = this.#writable();
    const archives = [...(await folder.archives())].filter((name) => gone.has(packageOf(name)));
    if (archives.length === 0)
      throw new PackageError('folder fails', 'These packages came with the image, which keeps them.');
    await folder.remove(archives);
    return [...gone];
  }

  /** What Python is to have now. Looks at the folders' dates, and into them only where these have changed. */
  async current(): Promise<PackageSet> {
    const version = (await Promise.all(this.#folders.map((folder) => folder.version()))).join();
    if (this.#set?.version === version) return this.#set;
    const lock = await this.#readLock();
    const installed = await installedIn(this.#folders, lock);
    const there = new Set(installed.map(({ name }) => name));
    const missing = lock.all.filter(({ name }) => !there.has(name));
    this.#set = {
      version,
      installed,
      missing: Object.fromEntries(
        missing.flatMap(({ name, imports }) => imports.map((module) => [topOf(module), name])),
      ),
    };
    return this.#set;
  }

  #readLock(): Promise<PackageLock> {
    this.#lock ??= readLock({ more: this.#lockFile, isMirrored: this.#isMirrored });
    return this.#lock;
  }

  #writable(): PackageFolder {
    if (!this.#own) throw new Error('There is no folder to keep packages in.');
    return this.#own;
  }

  async #has(one: LockedPackage): Promise<boolean> {
    for (const folder of this.#folders) if (await folder.isWhole(one)) return true;
    return false;
  }

  async #fetch(folder: PackageFolder, one: LockedPackage, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (await folder.isFetched(one)) return;
    const url = URL.parse(one.source, this.#url);
    if (!url) throw new PackageError('bad lock', `${one.source} is no address of a package.`);
    await folder.fetch(one, (part) => download(url, part, one.sha256, signal));
  }
}

/** A module's first name. */
function topOf(module: string): string {
  return module.split('.')[0] ?? module;
}

/** The archives of these packages that are there in another version. */
async function outdatedIn(folder: PackageFolder, packages: readonly LockedPackage[]): Promise<string[]> {
  const current = new Map(packages.map(({ name, fileName }) => [name, fileName]));
  return [...(await folder.archives())].filter((name) => {
    const wanted = current.get(packageOf(name));
    return wanted !== undefined && wanted !== name;
  });
}

/** The package of an archive, before the version where its name has one. */
function packageOf(fileName: string): string {
  return canonicalName(fileName.replace(/(-\d.*)?\.\w+$/, ''));
}

/** Where Pyodide's packages are, of exactly this version. */
function pyodideUrl(): string {
  const { version } = JSON.parse(readFileSync(`${PYODIDE_FOLDER}/package.json`, 'utf8'));
  return `https://cdn.jsdelivr.net/pyodide/v${version}/full/`;
}
