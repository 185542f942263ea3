import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Keyv } from 'keyv';

/** A store writes bytes as text, and holds up everything meanwhile: so many take some ms. */
const PIECE = 1024 * 1024;

/** What is kept in the place of bytes that are in several pieces. */
interface Head {
  /** Names them: of what is replaced while it is read nothing is mixed up. */
  pieces: string;
  size: number;
}

/** Bytes of any size by their keys, which a store is given piece by piece, so that others come in between. */
export class Blobs {
  readonly #kept: Keyv<Uint8Array | Head>;

  constructor(kept: Keyv) {
    this.#kept = kept;
  }

  /** They are there when the promise resolves, and until then nothing is. */
  async set(key: string, bytes: Uint8Array): Promise<void> {
    await this.#deletePieces(key);
    if (bytes.length <= PIECE) {
      await this.#kept.set(key, bufferOf(bytes));
      return;
    }
    const head: Head = { pieces: `${key}/${randomUUID()}`, size: bytes.length };
    // First of all, so that whoever deletes what a dead process has begun finds all of it.
    await this.#kept.set(key, head);
    for (const [at, name] of namesOf(head).entries()) {
      await this.#kept.set(name, bufferOf(bytes.subarray(at * PIECE, (at + 1) * PIECE)));
      await turn();
    }
  }

  /** Undefined for what is not there, or not all of it. */
  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const kept = await this.#kept.get(key);
    if (kept === undefined || kept instanceof Uint8Array) return kept as Uint8Array<ArrayBuffer> | undefined;
    const bytes = new Uint8Array(kept.size);
    for (const [at, name] of namesOf(kept).entries()) {
      const piece = await this.#kept.get(name);
      if (!(piece instanceof Uint8Array)) return undefined;
      bytes.set(piece, at * PIECE);
      await turn();
    }
    return bytes;
  }

  async getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    return Promise.all(keys.map((key) => this.get(key)));
  }

  /** The pieces go first: who dies meanwhile leaves none that nobody knows of. */
  async delete(key: string): Promise<void> {
    await this.#deletePieces(key);
    await this.#kept.delete(key);
  }

  async #deletePieces(key: string): Promise<void> {
    const kept = await this.#kept.get(key);
    if (kept !== undefined && !(kept instanceof Uint8Array)) await this.#kept.deleteMany(namesOf(kept));
  }
}

function namesOf({ pieces, size }: Head): string[] {
  return Array.from({ length: Math.ceil(size / PIECE) }, (_, at) => `${pieces}/${at}`);
}

/** Of all byte arrays, Keyv's own way of writing values keeps only a Buffer whole. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
