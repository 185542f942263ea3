import { isIn } from '../catalogue.ts';
import { ModelError } from '../model.ts';
import { explain } from './explain.ts';
import { failureOf } from './failure.ts';
import { listOfModels } from './model-names.ts';
import { Provider, type ProviderOptions } from './provider.ts';

/** What servers answer that have no list of their models. */
const NO_LIST: ReadonlySet<number | undefined> = new Set([404, 405, 501]);

/** What a provider's list says of a model: that it is there, which others are, or nothing, since there is no list. */
export type Listing = { isListed: true } | { isListed: false; others: string } | { isListed: undefined };

/** Looks for `model` in the provider's list. Throws a `ModelError` when it does not answer or refuses the key. */
export async function lookUpModel(
  options: ProviderOptions,
  model: string,
  signal: AbortSignal,
): Promise<Listing> {
  const provider = new Provider(options);
  const list = await provider.list(signal).catch(async (error: unknown) => {
    if (signal.aborted)
      throw new ModelError('server_error', `${provider.url} has not answered: is the server well?`);
    const failure = failureOf(error);
    if (!failure) throw error;
    if (failure.kind === 'refused' && NO_LIST.has(failure.status)) return [];
    const told = { ...failure, words: provider.redact(failure.words) };
    const about = { url: provider.url, api: 'Models', model, refused: undefined, offered: async () => [] };
    throw await explain(told, about);
  });
  if (list.length === 0) return { isListed: undefined };
  if (isIn(list, model)) return { isListed: true };
  const names = list.map(({ id }) => id);
  return { isListed: false, others: listOfModels(names, model) };
}
