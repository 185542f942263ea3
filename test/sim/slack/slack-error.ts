import type { Json } from './objects.ts';

/** An answer `{ok: false, error}` of the Web API. `detail` goes into the answer beside the code. */
export class SlackError extends Error {
  readonly code: string;
  readonly detail: Json;

  constructor(code: string, detail: Json = {}) {
    super(code);
    this.code = code;
    this.detail = detail;
  }
}

/** Slack says which argument is wrong in `response_metadata.messages`, each prefixed with `[ERROR]`. */
export function explained(code: string, messages: string[]): SlackError {
  return new SlackError(code, {
    errors: messages,
    response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) },
  });
}

export function invalidArguments(...messages: string[]): SlackError {
  return explained('invalid_arguments', messages);
}
