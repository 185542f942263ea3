import { glob, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { KnowledgeEntry } from '../../settings/knowledge-fields.ts';
import { type FoundFile, reasonOf, type SourceProblem } from './found.ts';

/** Says something of a folder's documents; see `properties.ts`. */
export const FOLDER_FILE = '.knowledge.yaml';
/** Says something of the document before it. */
export const SIDE_FILE_END = '.meta.yaml';

export interface Found {
  files: FoundFile[];
  problems: SourceProblem[];
}

/**
 * The files that the entries name, each once. Hidden ones and `node_modules` are left out unless an entry names them; so
 * are links that lead out of the folder that an entry names.
 */
export async function findFiles(root: string, entries: readonly KnowledgeEntry[]): Promise<Found> {
  const found: Found = { files: [], problems: [] };
  const real = await realpath(root).catch(() => root);
  for (const entry of entries) await new Search(real, entry, found).run();
  return { files: merged(found.files), problems: found.problems };
}

/** A file that several entries name has the audiences of them all. */
function merged(files: readonly FoundFile[]): FoundFile[] {
  const byFile = new Map<string, FoundFile>();
  for (const file of files) {
    const known = byFile.get(file.file);
    const audiences = [...(known?.audiences ?? []), ...file.audiences];
    byFile.set(file.file, { ...(known ?? file), audiences });
  }
  return [...byFile.values()];
}

class Search {
  readonly #entry: KnowledgeEntry;
  readonly #root: string;
  readonly #found: Found;
  /** Real paths of folders that have been looked through: links may lead round in circles. */
  readonly #seen = new Set<string>();
  /** A pattern may match a folder and what is in it. */
  readonly #visited = new Set<string>();
  /** What the entry names of what is otherwise left out. */
  readonly #named: ReadonlySet<string>;
  #base = '';
  #basePath = '';

  constructor(root: string, entry: KnowledgeEntry, found: Found) {
    this.#root = root;
    this.#entry = entry;
    this.#found = found;
    this.#named = new Set(entry.path.split(/[\\/]/));
  }

  async run(): Promise<void> {
    const { path } = this.#entry;
    const whole = resolve(this.#root, path);
    // A name may hold what globs are written with.
    if (await exists(whole)) return this.#asItIs(whole);
    if (!isGlob(path)) return this.#problem(path, 'does not exist', true);
    await this.#glob(path);
  }

  /** A file or folder that is named as it is, which may be a link to anywhere. */
  async #asItIs(whole: string): Promise<void> {
    try {
      const real = await realpath(whole);
      const isFolder = (await stat(real)).isDirectory();
      this.#base = isFolder ? real : dirname(real);
      this.#basePath = this.#pathOf(isFolder ? whole : dirname(whole));
      const before = this.#count;
      // Such as where a disk should be mounted: to take everything away would be worse.
      if (isFolder) {
        await this.#folder(real);
        if (this.#count === before) this.#problem(this.#entry.path, 'holds no documents', true);
      } else this.#add(real, this.#pathOf(whole));
    } catch (error) {
      this.#problem(this.#entry.path, reasonOf(error), true);
    }
  }

  async #glob(pattern: string): Promise<void> {
    const fixed = fixedPart(pattern);
    const whole = resolve(this.#root, fixed);
    try {
      this.#base = await realpath(whole);
    } catch (error) {
      return this.#problem(fixed || '.', reasonOf(error), true);
    }
    this.#basePath = this.#pathOf(whole);
    const before = this.#count;
    const rest = fixed === '' ? pattern : pattern.slice(fixed.length + 1);
    const exclude = (name: string) => this.#isLeftOut(basename(name));
    for await (const match of glob(rest, { cwd: this.#base, exclude })) {
      const hidden = match.split(sep).some((part) => this.#isLeftOut(part));
      if (!hidden) await this.#visit(join(this.#base, match));
    }
    if (this.#count === before) this.#problem(pattern, 'matches no file', true);
  }

  async #folder(folder: string): Promise<void> {
    if (this.#seen.has(folder)) return;
    this.#seen.add(folder);
    try {
      const items = await readdir(folder, { withFileTypes: true });
      for (const item of items.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const isReal = item.isFile() && !item.name.includes('\ufffd');
        if (!this.#isLeftOut(item.name)) await this.#visit(join(folder, item.name), isReal);
      }
    } catch (error) {
      this.#problem(this.#within(folder), reasonOf(error), true);
    }
  }

  /** @param isReal Whether it is known to be a file and no link, in a folder that is none either. */
  async #visit(file: string, isReal = false): Promise<void> {
    if (basename(file).endsWith(SIDE_FILE_END) || basename(file) === FOLDER_FILE) return;
    if (this.#visited.has(file)) return;
    this.#visited.add(file);
    const path = this.#within(file);
    if (isReal) {
      this.#add(file, path);
      return;
    }
    if (file.includes('\ufffd') && !(await exists(file)))
      return this.#problem(path, 'has a name that is not in UTF-8: rename it', true);
    try {
      const real = await realpath(file);
      if (!isWithin(this.#base, real))
        return this.#problem(path, 'is a link that leads out of the folder, and is not followed', false);
      const info = await stat(real);
      if (info.isDirectory()) await this.#folder(real);
      else if (info.isFile()) this.#add(real, this.#within(real));
    } catch (error) {
      this.#problem(path, reasonOf(error), true);
    }
  }

  #add(file: string, path: string): void {
    const { audience, owner } = this.#entry;
    const top = isWithin(this.#root, this.#base) ? this.#root : this.#base;
    const folders = foldersBetween(top, dirname(file));
    const audiences = audience ? [audience] : [];
    this.#found.files.push({ file, path, folders, audiences, ...(owner && { owner }) });
  }

  #problem(path: string, reason: string, keeps: boolean): void {
    const { audience } = this.#entry;
    this.#found.problems.push({ path: slashed(path), reason, keeps, ...(audience && { audience }) });
  }

  get #count(): number {
    return this.#found.files.length + this.#found.problems.length;
  }

  #isLeftOut(name: string): boolean {
    return (name.startsWith('.') || name === 'node_modules') && !this.#named.has(name);
  }

  /** The path for people of what is within the entry's folder. */
  #within(file: string): string {
    return slashed(join(this.#basePath, relative(this.#base, file)));
  }

  #pathOf(whole: string): string {
    return slashed(relative(this.#root, whole));
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: { code?: string }) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
}

const GLOB = /[*?[\]{}!()]/;

function isGlob(path: string): boolean {
  return GLOB.test(path);
}

/** The folders before the first part that is a pattern. */
function fixedPart(pattern: string): string {
  const parts = pattern.split('/');
  return parts.slice(0, parts.findIndex(isGlob)).join('/');
}

function isWithin(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === file;
}

function foldersBetween(base: string, folder: string): string[] {
  if (folder === base || !isWithin(base, folder)) return [base];
  return [...foldersBetween(base, dirname(folder)), folder];
}

function slashed(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/');
}
