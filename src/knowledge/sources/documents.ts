import { open, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { audienceOf } from '../audience.ts';
import { FOLDER_FILE, type Found, SIDE_FILE_END } from './find.ts';
import {
  checksumOf,
  type FoundFile,
  reasonOf,
  type SourceDocument,
  type SourceProblem,
  Unread,
} from './found.ts';
import { LONGEST_TEXT, type Reading, readProperties } from './properties.ts';

/** The embedded server takes no larger file, in bytes: it would be held in memory several times for nothing. */
const MOST_BYTES = 50 * 1024 * 1024;
const TOO_LARGE = `is larger than the ${MOST_BYTES / 1024 / 1024} MB that are read of one file: split it`;

/** So many files are read at once. */
const AT_ONCE = 16;

/** A larger side file is none. */
const LONGEST_SIDE_FILE = 64 * 1024;

export interface Sources {
  documents: SourceDocument[];
  problems: SourceProblem[];
}

/** Reads every file once, for its checksum and for what it says of itself. */
export async function readDocuments({ files, problems }: Found): Promise<Sources> {
  const sources: Sources = { documents: [], problems: [...problems] };
  const reader = new Reader(sources);
  const waiting = files.values();
  const work = async () => {
    for (const file of waiting) await reader.read(file);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  sources.documents.sort((a, b) => (a.path < b.path ? -1 : 1));
  sources.problems.sort((a, b) => (a.path < b.path ? -1 : 1));
  return sources;
}

class Reader {
  readonly #sources: Sources;
  readonly #folderFiles = new Map<string, Promise<Reading | undefined>>();
  /** By their folders. */
  readonly #names = new Map<string, Promise<Set<string>>>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  async read(file: FoundFile): Promise<void> {
    const { path } = file;
    try {
      const { bytes, modified } = await readWhole(file.file);
      if (bytes.length === 0) return this.#problem({ path, reason: 'is empty', keeps: false });
      this.#take(file, bytes, modified, await this.#readings(file, bytes));
    } catch (error) {
      this.#problem({ path, reason: reasonOf(error), keeps: true });
    }
  }

  /** The nearest to the content first. */
  async #readings(file: FoundFile, bytes: Uint8Array): Promise<Reading[]> {
    const folders = [...file.folders].reverse();
    const [side, ...around] = await Promise.all([
      this.#sideFile(file.file),
      ...folders.map((folder) => this.#folderFile(folder)),
    ]);
    const readings = around.map((reading, at) => reading && located(reading, folders[at] ?? '', file.file));
    return [frontMatterOf(file.file, bytes), side, ...readings].filter((reading) => reading !== undefined);
  }

  #take(file: FoundFile, bytes: Uint8Array, modified: Date, readings: Reading[]): void {
    const { path, audiences } = file;
    for (const reason of readings.flatMap(({ mistakes }) => mistakes))
      this.#problem({ path, reason, keeps: false });
    if (readings.some(({ isClosed }) => isClosed)) {
      this.#problem({ path, reason: 'is left out, because who may see it is not known', keeps: false });
      return;
    }
    const told = readings.map((reading) => reading.told);
    const first = <Name extends 'title' | 'url' | 'owner' | 'date'>(name: Name) =>
      told.find((one) => one[name] !== undefined)?.[name];
    const [title, url, owner, date] = [
      first('title'),
      first('url'),
      first('owner') ?? file.owner,
      first('date'),
    ];
    this.#sources.documents.push({
      ...file,
      checksum: checksumOf(bytes),
      audience: audienceOf([...audiences, ...told.map((one) => one.audience)]),
      properties: {
        ...(title && { title }),
        ...(url && { url }),
        ...(owner && { owner }),
        date: date ?? modified.toISOString().slice(0, 'yyyy-mm-dd'.length),
        isFilesDate: date === undefined,
      },
    });
  }

  /** Folders are listed once: to try to open what is not there would take longer than the documents. */
  async #sideFile(file: string): Promise<Reading | undefined> {
    const folder = dirname(file);
    const names = this.#names.get(folder) ?? readdir(folder).then((all) => new Set(all));
    this.#names.set(folder, names);
    const name = `${basename(file)}${SIDE_FILE_END}`;
    const isThere = await names.then(
      (all) => all.has(name),
      () => true,
    );
    return isThere ? readSideFile(join(folder, name)) : undefined;
  }

  #folderFile(folder: string): Promise<Reading | undefined> {
    const known = this.#folderFiles.get(folder) ?? readSideFile(join(folder, FOLDER_FILE));
    this.#folderFiles.set(folder, known);
    return known;
  }

  #problem(problem: SourceProblem): void {
    this.#sources.problems.push(problem);
  }
}

/** The content as it was at one moment: a file that changes meanwhile is read once more. */
export async function readWhole(file: string): Promise<{ bytes: Uint8Array; modified: Date }> {
  return (
    (await readOnce(file)) ?? (await readOnce(file)) ?? Promise.reject(new Unread('changes while it is read'))
  );
}

async function readOnce(file: string): Promise<{ bytes: Uint8Array; modified: Date } | undefined> {
  await using handle = await open(file, 'r');
  const before = await handle.stat({ bigint: true });
  if (before.size > MOST_BYTES) throw new Unread(TOO_LARGE);
  const bytes = await handle.readFile();
  const after = await handle.stat({ bigint: true });
  const isSame =
    before.mtimeNs === after.mtimeNs && before.size === after.size && BigInt(bytes.length) === after.size;
  return isSame ? { bytes, modified: new Date(Number(after.mtimeMs)) } : undefined;
}

const MARKDOWN = /\.(md|markdown|mdx|mdown)$/i;

/** Fields between two lines `---` at the top; a line that stands for itself there begins none. */
const FRONT_MATTER = /^\ufeff?---[ \t]*\r?\n([\s\S]*?)^(?:---|\.\.\.)[ \t]*\r?$/m;

function frontMatterOf(file: string, bytes: Uint8Array): Reading | undefined {
  if (!MARKDOWN.test(file)) return undefined;
  const top = new TextDecoder().decode(bytes.subarray(0, LONGEST_SIDE_FILE));
  const yaml = /^\ufeff?---/.test(top) ? FRONT_MATTER.exec(top)?.[1] : undefined;
  return yaml === undefined ? undefined : readProperties(yaml, 'its front matter');
}

async function readSideFile(file: string): Promise<Reading | undefined> {
  let yaml: string;
  try {
    yaml = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    return { told: {}, mistakes: [`has a ${basename(file)} that ${reasonOf(error)}`], isClosed: true };
  }
  if (yaml.length <= LONGEST_SIDE_FILE) return readProperties(yaml, basename(file));
  return { told: {}, mistakes: [`has a ${basename(file)} that is too long`], isClosed: true };
}

/** A folder's address is that of each document in it with the way there; its title and date are none of theirs. */
function located({ told, ...reading }: Reading, folder: string, file: string): Reading {
  const { url, owner, audience } = told;
  const way = relative(folder, file).split(sep).map(encodeURIComponent).join('/');
  const address = url && `${url.replace(/\/*$/, '/')}${way}`;
  return {
    ...reading,
    told: {
      ...(address && address.length <= LONGEST_TEXT && { url: address }),
      ...(owner && { owner }),
      ...(audience && { audience }),
    },
  };
}
