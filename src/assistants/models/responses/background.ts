import type { ResponseCreateParams } from 'openai/resources/responses/responses';
import type { Background } from '../remote/background.ts';
import { INCLUDE } from './request.ts';

/** The request for a response that goes on without its connection; such a one is kept at the provider. */
export function inBackground(body: ResponseCreateParams): ResponseCreateParams {
  return { ...body, background: true, store: true };
}

/** The same for one that ends with its connection, and is kept nowhere. */
export function inForeground({ background: _, ...body }: ResponseCreateParams): ResponseCreateParams {
  return { ...body, store: false };
}

/** How such a response is found again. Only one that was asked for as a stream can be streamed again. */
export const BACKGROUND: Background = {
  retrieve: (client, id, options) => client.responses.retrieve(id, { include: INCLUDE }, options),
  stream: (client, id, after, options) =>
    client.responses.retrieve(
      id,
      { stream: true, include: INCLUDE, ...(after !== undefined && { starting_after: after }) },
      options,
    ),
  cancel: (client, id, options) => client.responses.cancel(id, options),
};
