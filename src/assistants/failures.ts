import { currentRequest } from './http/current-request.ts';
import { ModelError } from './models/model.ts';

/** What the reader of an answer may be told of a failure; a sentence without any detail where this says nothing. */
export type Explain = (error: unknown) => string | undefined;

/** Who is told of failures, and what of them others may be told. */
export interface Failures {
  /** The log. */
  onError: (error: unknown) => void;
  explain?: Explain;
}

/**
 * What is told of a failure: `neutral` of one that nobody foresaw, since its message may hold secrets. What a sentence
 * leaves out is in the log, under the id of the request.
 */
export function told(error: unknown, neutral: string, { onError, explain }: Failures): string {
  const explained = explain?.(error);
  const foreseen = error instanceof ModelError;
  const sentence = explained ?? (foreseen ? error.forClients : neutral);
  if (foreseen && sentence === error.message) return sentence;
  onError(error);
  return explained ?? `${sentence}${whereTheRestIs()}`;
}

function whereTheRestIs(): string {
  const request = currentRequest();
  return request ? ` Those who run this server find the reason in its log, under ${request.id}.` : '';
}
