export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * `fetch` for a server that lives in this process. As with a real one, an abort rejects the call and breaks a
 * stream that is being read; the server works on, as it does when a client hangs up.
 */
export function inProcessFetch(handle: (request: Request) => Response | Promise<Response>): Fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { signal } = request;
    signal.throwIfAborted();
    const response = await Promise.race([handle(request), rejectOnAbort(signal)]);
    const streams = response.headers.get('content-type')?.startsWith('text/event-stream');
    if (!streams || !response.body) return response;
    return new Response(abortable(response.body, signal), response);
  };
}

/** A server in this process that can be ended: what is asked later is refused, as by one that is gone. */
export function endable(handle: (request: Request) => Response | Promise<Response>) {
  const asked = new Set<Promise<unknown>>();
  let isOver = false;
  return {
    async handle(request: Request): Promise<Response> {
      if (isOver) throw new Error('The Assistants API is closed.');
      const answer = Promise.resolve(handle(request));
      asked.add(answer);
      return answer.finally(() => asked.delete(answer));
    },
    /** Ends when all that was asked before is answered, also what nobody waits for any more. */
    async end(): Promise<void> {
      isOver = true;
      await Promise.allSettled(asked);
    },
  };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function abortable(body: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    start(controller) {
      const abort = () => {
        controller.error(signal.reason);
        reader.cancel(signal.reason).catch(() => {});
      };
      signal.addEventListener('abort', abort, { once: true });
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
