import type { Document } from './document.ts';
import type { NamedFile } from './document-reader.ts';
import { LIMITS } from './limits.ts';

/** What a parser has read, and the files that it found in the file. */
export interface Parsed extends Document {
  parts?: NamedFile[];
}

/** What all archives in one file may still unpack together. */
export interface Budget {
  entries: number;
  bytes: number;
}

export function newBudget(): Budget {
  return { entries: LIMITS.archiveEntries, bytes: LIMITS.unpackedBytes };
}
