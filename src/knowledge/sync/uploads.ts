import { createHash } from 'node:crypto';
import type { Keyv } from 'keyv';
import { NotFoundError, type OpenAI, toFile } from 'openai';
import type { FileObject } from 'openai/resources/files';
import { checksumOf } from '../sources/found.ts';

/** One upload that may not have come to its end: of it is known what it will be called, and then its id. */
interface Noted {
  name: string;
  bytes: number;
  checksum: string;
  fileId?: string;
}

export interface Upload {
  readonly id: string;
  /** A vector store has it, so that it is found there. */
  used(): Promise<void>;
}

/** So many of a server's newest files are looked through for one whose upload was cut off. */
const MOST_LOOKED_AT = 1_000;

/** The API's limit on a page. */
const PAGE = 100;

/**
 * Brings files to a server once each, also when the process dies between an upload and what is made of it: what has begun is
 * noted before, and found again after.
 */
export class Uploads {
  readonly #client: OpenAI;
  readonly #notes: Keyv<Record<string, Noted>>;
  readonly #key: string;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(client: OpenAI, notes: Keyv<Record<string, Noted>>, server: string) {
    this.#client = client;
    this.#notes = notes;
    this.#key = `uploads ${server}`;
  }

  /**
   * The id of a file with this content, for this path.
   * @param taken The ids of files that are used already.
   * @param known That id, where it was brought before.
   */
  async bring(
    path: string,
    name: string,
    bytes: Uint8Array,
    taken: ReadonlySet<string>,
    known?: string,
  ): Promise<Upload> {
    const checksum = checksumOf(bytes);
    const key = createHash('sha256').update(`${path}\0${checksum}`).digest('hex');
    const used = () => this.#note(key, undefined);
    if (known !== undefined) return { id: known, used };
    const noted = (await this.#notes.get(this.#key))?.[key];
    const there = noted && (await this.#find(noted, taken));
    if (there !== undefined) return { id: there, used };
    const note = { name, bytes: bytes.length, checksum };
    await this.#note(key, note);
    const { id } = await this.#client.files.create({
      file: await toFile(bytes, name),
      purpose: 'assistants',
    });
    await this.#note(key, { ...note, fileId: id });
    return { id, used };
  }

  async #find({ fileId, ...wanted }: Noted, taken: ReadonlySet<string>): Promise<string | undefined> {
    if (fileId) {
      const file = await this.#client.files.retrieve(fileId).catch((error: unknown) => {
        if (!(error instanceof NotFoundError)) throw error;
      });
      return file?.id;
    }
    let looked = 0;
    for await (const file of this.#client.files.list({ order: 'desc', limit: PAGE })) {
      if (!taken.has(file.id) && (await this.#isIt(file, wanted))) return file.id;
      if (++looked >= MOST_LOOKED_AT) return undefined;
    }
    return undefined;
  }

  async #isIt(file: FileObject, { name, bytes, checksum }: Noted): Promise<boolean> {
    if (file.filename !== name || file.bytes !== bytes) return false;
    const content = await this.#client.files.content(file.id);
    if (checksumOf(new Uint8Array(await content.arrayBuffer())) !== checksum) return false;
    const others = Object.values((await this.#notes.get(this.#key)) ?? {});
    return others.every(({ fileId }) => fileId !== file.id);
  }

  #note(key: string, note: Noted | undefined): Promise<void> {
    const written = this.#writing.then(async () => {
      const { [key]: _, ...others } = (await this.#notes.get(this.#key)) ?? {};
      await this.#notes.set(this.#key, note ? { ...others, [key]: note } : others);
    });
    this.#writing = written.catch(() => {});
    return written;
  }
}
