/** The platform takes no call of this kind for some time. */
export class RateLimited extends Error {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, options?: ErrorOptions) {
    super(`The platform asks to wait for ${retryAfterMs} ms.`, options);
    this.name = 'RateLimited';
    this.retryAfterMs = retryAfterMs;
  }
}

/** Where the reply stood is no more: no further call can succeed. */
export class Gone extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Gone';
  }
}
