import { LIMITS } from './limits.ts';

/** As in a vector store file's `last_error`: https://platform.openai.com/docs/api-reference/vector-stores-files/file-object */
export type UnreadableCode = 'unsupported_file' | 'invalid_file' | 'server_error';

/** What people hear of a document whose parser stopped at something that nobody foresaw. */
export const BROKEN = 'is broken or of an unusual make: open and save it again, or save it as PDF or text.';

/**
 * A document that cannot be read. The message goes on after the document's name: what is wrong, and what its owner can
 * do about it.
 */
export class UnreadableDocument extends Error {
  override readonly name = 'UnreadableDocument';
  readonly code: UnreadableCode;
  /** True when it concerns not only the file in a file where it was found, but what that stands in. */
  readonly isOfWhole: boolean;

  /** `unsupported_file`: nothing here reads such files; `invalid_file`: this one is broken, locked, empty or too much */
  constructor(message: string, code: UnreadableCode = 'invalid_file', isOfWhole = false) {
    super(message);
    this.code = code;
    this.isOfWhole = isOfWhole;
  }
}

/** A document of which no search would tell where in it something stands. */
export function tooMuchText(): UnreadableDocument {
  const limit = `${Math.floor(LIMITS.textLength / 1_000_000)} million characters`;
  return new UnreadableDocument(`holds more text than the ${limit} that are read: split it.`);
}

export function locked(): UnreadableDocument {
  return new UnreadableDocument('is protected by a password: save it without.');
}
