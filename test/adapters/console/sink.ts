import { Writable } from 'node:stream';

/** A stream that keeps what was written to it. */
export class Sink extends Writable {
  #text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#text += chunk.toString();
    done();
  }

  /** What was written since the last look. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}
