import type { Document } from './document.ts';

/** A file as somebody gave it: its name, which may be a path, helps where its content does not say what it is. */
export interface NamedFile {
  name: string;
  bytes: Uint8Array;
}

/** Reads documents of all kinds, hostile ones too, outside of this process. */
export interface DocumentReader {
  /**
   * Rejects with an `UnreadableDocument` when nothing can be read of the document, and with the signal's reason. What
   * of an archive could not be read is in the document's `unread`.
   */
  read(file: NamedFile, signal?: AbortSignal): Promise<Document>;
  /** Ends every process, and refuses what is still asked. */
  close(): Promise<void>;
}
