import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PYODIDE_FOLDER } from '../spawn-child.ts';
import { PackageError } from './package-error.ts';

/** A package that a lock names. */
export interface LockedPackage {
  /** As PEP 503 writes it: small letters, and one hyphen between words. */
  readonly name: string;
  readonly version: string;
  /** The archive's name below the address of all packages, or an address of its own. */
  readonly source: string;
  /** The archive's name by itself. */
  readonly fileName: string;
  /** Of the archive, in hexadecimal. */
  readonly sha256: string;
  /** The modules that it brings. */
  readonly imports: readonly string[];
  /** The packages that it needs. */
  readonly depends: readonly string[];
  /** It is no Python, but what several packages share, such as BLAS. */
  readonly isLibrary: boolean;
}

/** As Pyodide writes it: https://pyodide.org/en/stable/development/building-packages.html */
const LOCK = z.object({
  packages: z.record(
    z.string(),
    z.object({
      name: z.string(),
      version: z.string(),
      file_name: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/i),
      imports: z.array(z.string()).default([]),
      depends: z.array(z.string()).default([]),
      package_type: z.string().default('package'),
    }),
  ),
});

/** What an archive may be called: it becomes a file's name. */
const ARCHIVE = /^\w[\w.+!~-]*\.(whl|zip)$/;

/** The name of a package as PEP 503 writes it: https://peps.python.org/pep-0503/#normalized-names */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** The packages that fit this Python, by their names. */
export class PackageLock {
  readonly #packages: ReadonlyMap<string, LockedPackage>;

  constructor(packages: Iterable<LockedPackage>) {
    this.#packages = new Map([...packages].map((one) => [one.name, one]));
  }

  get all(): LockedPackage[] {
    return [...this.#packages.values()];
  }

  get(name: string): LockedPackage | undefined {
    return this.#packages.get(canonicalName(name));
  }

  /** The package that brings a module. */
  bringing(module: string): LockedPackage | undefined {
    return this.all.find(({ imports }) => imports.includes(module));
  }

  /** These packages and all that they need, each after what it needs itself. What the lock does not name is left out. */
  withDependencies(names: Iterable<string>): LockedPackage[] {
    const found = new Map<string, LockedPackage | undefined>();
    const visit = (name: string) => {
      const one = this.get(name);
      if (!one || found.has(one.name)) return;
      // Noted before what it needs, since packages may need each other.
      found.set(one.name, undefined);
      for (const needed of one.depends) visit(needed);
      found.delete(one.name);
      found.set(one.name, one);
    };
    for (const name of names) visit(name);
    return [...found.values()].filter((one) => one !== undefined);
  }
}

/** Packages of nothing but Python, which spreadsheets need and Pyodide does not bring, where their authors publish them. */
const FURTHER = join(import.meta.dirname, 'further-lock.json');

export interface LockOptions {
  /** A file that adds to what there is or puts others in its place, written as Pyodide's own. */
  more?: string | undefined;
  /** Whether everything of ours is to be had at one address, which is a mirror. */
  isMirrored: boolean;
}

/** The lock that Pyodide brings with what comes to it. Rejects with a `PackageError` when a file is none. */
export async function readLock({ more, isMirrored }: LockOptions): Promise<PackageLock> {
  const own = await readPackages(`${PYODIDE_FOLDER}/pyodide-lock.json`);
  const published = await readPackages(FURTHER);
  const further = isMirrored ? published.map((one) => ({ ...one, source: one.fileName })) : published;
  return new PackageLock([...further, ...own, ...(more === undefined ? [] : await readPackages(more))]);
}

async function readPackages(path: string): Promise<LockedPackage[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new PackageError('bad lock', `The list of packages, ${path}, can't be read (${error.message}).`, {
      cause: error,
    });
  });
  const parsed = LOCK.safeParse(jsonIn(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.length ? ` at ${issue.path.join('.')}` : '';
    throw new PackageError(
      'bad lock',
      `The list of packages, ${path}, is not one as pyodide-lock.json is${where}: ${issue?.message}.`,
    );
  }
  return Object.values(parsed.data.packages).map((one) => lockedPackage(one, path));
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lockedPackage(one: z.infer<typeof LOCK>['packages'][string], path: string): LockedPackage {
  const fileName = decoded(one.file_name.split(/[?#]/)[0]?.split('/').at(-1) ?? '');
  if (!ARCHIVE.test(fileName))
    throw new PackageError('bad lock', `${path} names no wheel for ${one.name}, but "${one.file_name}".`);
  return {
    name: canonicalName(one.name),
    version: one.version,
    source: one.file_name,
    fileName,
    sha256: one.sha256.toLowerCase(),
    imports: one.imports,
    depends: one.depends.map(canonicalName),
    isLibrary: one.package_type === 'shared_library',
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
