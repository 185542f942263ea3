/** A server that sends not a single byte for this long while we wait for it has stalled. */
export const STALL_TIMEOUT_MS = 60_000;

/** How long an answer may take that comes as a whole: as long as a run may last. */
export const WHOLE_ANSWER_TIMEOUT_MS = 600_000;

/** The server sent nothing for `ms` milliseconds. */
export class StallError extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super(`Nothing came for ${ms} ms.`);
    this.name = 'StallError';
    this.ms = ms;
  }
}

/**
 * A `fetch` that fails with a `StallError` when nothing comes for `ms` milliseconds, before the headers or in the
 * body. It counts bytes and not events, so that a slow model whose server sends keep-alive comments is left alone,
 * and only while somebody reads, so that a slow reader is not taken for a slow server.
 */
export function fetchWithStallTimeout(ms: number): typeof fetch {
  return async (input, init) => {
    const controller = new AbortController();
    const signal = init?.signal ? AbortSignal.any([init.signal, controller.signal]) : controller.signal;
    const bounded = async <T>(work: Promise<T>): Promise<T> => {
      const timer = setTimeout(() => controller.abort(new StallError(ms)), ms);
      return work.finally(() => clearTimeout(timer));
    };
    const response = await bounded(fetch(input, { ...init, signal }));
    if (!response.body) return response;
    const reader = response.body.getReader();
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(stream) {
          const { value, done } = await bounded(reader.read());
          if (done) stream.close();
          else stream.enqueue(value);
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, response);
  };
}
