import type { Chunk, ChunkingStrategy } from '../chunks/chunk.ts';
import type { Unread } from './document.ts';

/** A file as somebody gave it: its name, which may be a path, helps where its content does not say what it is. */
export interface NamedFile {
  name: string;
  bytes: Uint8Array;
}

/** What is kept of a document. */
export interface ChunkedDocument {
  title?: string;
  /** In the document's order, and at least one. */
  chunks: Chunk[];
  /** What of an archive or an email could not be read, though the rest could. */
  unread?: Unread[];
}

/** Reads documents of all kinds, hostile ones too, and cuts them into chunks, outside of this process. */
export interface DocumentReader {
  /** Rejects with an `UnreadableDocument` when nothing can be read of the document, and with the signal's reason. */
  read(file: NamedFile, strategy: ChunkingStrategy, signal?: AbortSignal): Promise<ChunkedDocument>;
  /** Ends every process, and refuses what is still asked. */
  close(): Promise<void>;
}
