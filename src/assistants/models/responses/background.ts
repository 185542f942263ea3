import type { ResponseCreateParams, ResponseIncludable } from 'openai/resources/responses/responses';
import type { Background } from '../remote/background.ts';

/** The request for a response that goes on without its connection; such a one is kept at the provider. */
export function inBackground(body: ResponseCreateParams): ResponseCreateParams {
  return { ...body, background: true, store: true };
}

/** The same for one that ends with its connection, and is kept nowhere. */
export function inForeground({ background: _, ...body }: ResponseCreateParams): ResponseCreateParams {
  return { ...body, store: false };
}

/** How such a response is found again, with what of it is wanted. Only one that was asked for as a stream can be streamed again. */
export function background(include: ResponseIncludable[]): Background {
  return {
    retrieve: (client, id, options) => client.responses.retrieve(id, { include }, options),
    stream: (client, id, after, options) =>
      client.responses.retrieve(
        id,
        { stream: true, include, ...(after !== undefined && { starting_after: after }) },
        options,
      ),
    cancel: (client, id, options) => client.responses.cancel(id, options),
  };
}
