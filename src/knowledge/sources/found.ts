import { createHash } from 'node:crypto';
import type { Audience } from '../audience.ts';

/** A file that `knowledge:` names. */
export interface FoundFile {
  /** Where it is read: an absolute path without links. */
  file: string;
  /** Its name for people and for the vector store: from where `assistant.md` is, with `/`. */
  path: string;
  /** The folders that it is in, outermost first, from where `assistant.md` is or else from the entry's: absolute paths. */
  folders: readonly string[];
  /** One for each entry that names it. */
  audiences: readonly (readonly string[])[];
  owner?: string;
}

/** A document as the vector store shall have it. */
export interface SourceDocument extends FoundFile {
  checksum: string;
  properties: Properties;
  audience: Audience;
}

/** What is known of a document beside its content. */
export interface Properties {
  title?: string;
  /** Where people find it: http or https. */
  url?: string;
  owner?: string;
  /** ISO 8601, a day or a time. */
  date: string;
  /** The date is the file's own, which changes when it is copied. */
  isFilesDate: boolean;
}

/** What can't be read, or not all of it. */
export interface SourceProblem {
  path: string;
  /** Goes on after the path, as the end of a sentence. */
  reason: string;
  /** What was read of it before, or of what is below it, is still good. */
  keeps: boolean;
  /** Of the entry that names it. */
  audience?: readonly string[];
}

export function checksumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Why a file can't be read, where the system says nothing: the end of a sentence. */
export class Unread extends Error {}

/** Why something can't be read, as the end of a sentence. */
export function reasonOf(error: unknown): string {
  if (error instanceof Unread) return error.message;
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by the user that runs Bobbin';
  return `cannot be read: ${message ?? error}`;
}
