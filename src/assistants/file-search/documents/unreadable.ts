/** As in a vector store file's `last_error`: https://platform.openai.com/docs/api-reference/vector-stores-files/file-object */
export type UnreadableCode = 'unsupported_file' | 'invalid_file' | 'server_error';

/**
 * A document that cannot be read. The message goes on after the document's name: what is wrong, and what its owner can
 * do about it.
 */
export class UnreadableDocument extends Error {
  override readonly name = 'UnreadableDocument';
  readonly code: UnreadableCode;

  /** `unsupported_file`: nothing here reads such files; `invalid_file`: this one is broken, locked, empty or too much */
  constructor(message: string, code: UnreadableCode = 'invalid_file') {
    super(message);
    this.code = code;
  }
}
