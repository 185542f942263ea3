import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, constants, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { wallsHere } from '../walls/find-walls.ts';
import type { Walls } from '../walls/wall.ts';
import { CHILD_FOLDER, type ChildMemory, PYODIDE_FOLDER, spawnChild, TIME_ZONES } from './spawn-child.ts';

/** What makes it, beside Python's own parts. */
const INTO_IT = new Set(['load.js', 'zone-files.js']);

const FILE_NAME = /^python-[0-9a-f]{16}\.snapshot/;

/** How much of what a process last said is told when it fails, in characters. */
const LAST_WORDS = 2000;

/** The memory of a Python that has just started, in a file: a new one starts from it in a third of a second. */
export class Snapshot {
  readonly #folder: string | undefined;
  readonly #memory: ChildMemory;
  readonly #walls: () => Promise<Walls>;
  readonly #closing = new AbortController();
  #path: Promise<string> | undefined;
  #temporary: string | undefined;

  /** @param folder where the file is kept between starts; without one it lives as long as this object */
  constructor(folder: string | undefined, memory: ChildMemory, walls: () => Promise<Walls> = wallsHere) {
    this.#folder = folder && resolve(folder);
    this.#memory = memory;
    this.#walls = walls;
  }

  /** The file's path. The first caller ever waits until it is made, for some seconds. Rejects when that fails. */
  path(): Promise<string> {
    this.#path ??= this.#find().catch((error: unknown) => {
      this.#path = undefined;
      throw error;
    });
    return this.#path;
  }

  /** Throws away a file that Python doesn't start from; `given` is what `path` gave, and may have been replaced since. */
  async discard(given: Promise<string>): Promise<void> {
    if (this.#path !== given) return;
    this.#path = undefined;
    await rm(await given, { force: true });
  }

  /** Gives up what is being made, for nobody needs it any more, and leaves no temporary file behind. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('Python has been closed.'));
    await this.#path?.catch(() => {});
    if (this.#temporary) await rm(this.#temporary, { recursive: true, force: true });
  }

  async #find(): Promise<string> {
    const name = await fileName();
    const kept = this.#folder && join(this.#folder, name);
    if (!kept || !(await exists(kept))) return this.#make(join(await this.#writableFolder(), name));
    // Whoever was killed while it made one has left a part of it.
    await removeOthers(kept);
    return kept;
  }

  /** The folder to keep it in, or where that cannot be, a temporary one. */
  async #writableFolder(): Promise<string> {
    try {
      if (this.#folder) {
        await mkdir(this.#folder, { recursive: true, mode: 0o700 });
        await access(this.#folder, constants.W_OK);
        return this.#folder;
      }
    } catch {
      // The store lives there too and says what is wrong with it.
    }
    this.#temporary ??= await mkdtemp(join(tmpdir(), 'bobbin-python-'));
    return this.#temporary;
  }

  /** Writes beside the path first, so that nobody finds half a file; several processes may do so at once. */
  async #make(path: string): Promise<string> {
    const part = `${path}.${randomUUID()}`;
    try {
      await this.#write(part);
      await rename(part, path).catch(async (error: unknown) => {
        // Another process was faster and has taken our part away.
        if (!(await exists(path))) throw error;
      });
      await removeOthers(path);
    } finally {
      await rm(part, { force: true });
    }
    return path;
  }

  async #write(part: string): Promise<void> {
    const { signal } = this.#closing;
    const walls = await this.#walls();
    signal.throwIfAborted();
    const child = spawnChild('snapshot.js', [TIME_ZONES], this.#memory, [TIME_ZONES], walls);
    const { stdout, stderr } = child;
    if (!stdout || !stderr) throw new Error('The Python process has no output.');
    let lastWords = '';
    stderr.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS);
    });
    const code = new Promise((done, fail) => child.once('error', fail).once('exit', done));
    try {
      await Promise.all([pipeline(stdout, createWriteStream(part, { mode: 0o600 }), { signal }), code]);
    } finally {
      child.kill('SIGKILL');
    }
    if ((await code) !== 0) throw new Error(`Python did not start: ${lastWords.trim()}.`);
  }
}

/** A snapshot fits the very versions, and the very imports, that it was made with. */
async function fileName(): Promise<string> {
  const hash = createHash('sha256').update(process.version).update(process.arch);
  const parts = (await readdir(CHILD_FOLDER)).filter((file) => file.endsWith('.py') || INTO_IT.has(file));
  const sources = parts.toSorted().map((file) => `${CHILD_FOLDER}/${file}`);
  for (const file of [`${PYODIDE_FOLDER}/package.json`, TIME_ZONES, ...sources])
    hash.update(await readFile(file));
  return `python-${hash.digest('hex').slice(0, 16)}.snapshot`;
}

/**
 * Removes snapshots of other versions, and parts, also those that somebody is writing at the moment: now that there
 * is a whole one at `path`, that one will do for them.
 */
async function removeOthers(path: string): Promise<void> {
  // Not every system, and not every folder, lets go of a file: then it stays until the next time.
  const names = await readdir(dirname(path)).catch(() => []);
  const others = names.filter((name) => FILE_NAME.test(name) && name !== basename(path));
  await Promise.allSettled(others.map((name) => rm(join(dirname(path), name), { force: true })));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
