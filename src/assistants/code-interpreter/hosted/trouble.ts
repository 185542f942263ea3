import { explain } from '../../models/remote/explain.ts';
import { failureOf } from '../../models/remote/failure.ts';
import { quoted, withoutAddresses } from '../../models/remote/for-clients.ts';
import type { Provider } from '../../models/remote/provider.ts';
import { isContainerGone } from '../../models/remote/symptoms.ts';

/** The provider has no containers, or the key may not use them. */
export class NoContainers extends Error {}

/** Statuses of a provider that has none, or has none for this key. */
const NONE = [403, 404, 405, 501];

/** Whose words are told: without its key in them. */
type Teller = Pick<Provider, 'url' | 'redact'>;

/** Why a container could not be made: `NoContainers`, a `ModelError`, or what nobody foresaw. */
export async function unmade(error: unknown, provider: Teller): Promise<unknown> {
  const failure = failureOf(error);
  if (!failure) return error;
  const { url } = provider;
  const { status, kind } = failure;
  const words = provider.redact(failure.words);
  const isNone = kind === 'web-page' || (kind === 'refused' && NONE.includes(status ?? 0));
  if (isNone)
    return new NoContainers(`${url} lets nobody make a container for code (${status}).${quoted(words)}`);
  const about = { url, api: 'Containers', model: '', refused: undefined, offered: async () => [] };
  return explain({ ...failure, words }, about);
}

/** The container is not there any more. */
export function isGone(error: unknown): boolean {
  const failure = failureOf(error);
  return failure?.kind === 'refused' && (failure.status === 404 || isContainerGone(failure));
}

/** Whether it may go well another time. */
export function mayRetry(error: unknown): boolean {
  return failureOf(error)?.mayRetry ?? false;
}

/** Why something of a container could not be had, as the end of a sentence. */
export function reasonOf(error: unknown, provider: Teller): string {
  const failure = failureOf(error);
  if (failure?.kind !== 'refused') return 'the provider of the container could not be reached.';
  const words = withoutAddresses(provider.redact(failure.words), provider.url);
  return `the provider refused it (${failure.status}).${quoted(words)}`;
}
