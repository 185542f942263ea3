import { ModelError } from '../../models/model.ts';
import type { Ending } from '../ending.ts';

export const FILTERED: Ending = {
  status: 'failed',
  error: { code: 'invalid_prompt', message: 'The provider’s content filter stopped the answer.' },
  contentFilter: true,
};

/** Of a run whose model does not stop calling tools; told in its text where that is free. */
export const STOPPED = {
  status: 'failed',
  error: {
    code: 'server_error',
    message:
      'The model went on calling tools without coming to an answer, and was stopped with what it had. Ask again, or ask for less at once.',
  },
} satisfies Ending;

/** As in OpenAI's API: https://developers.openai.com/api/docs/assistants/tools/file-search */
export function expiredStores(ids: readonly string[]): Ending {
  const [stores, have] = ids.length > 1 ? ['vector stores', 'have'] : ['vector store', 'has'];
  const message = `The ${stores} of this thread, ${ids.join(' and ')}, ${have} expired, and the files in it can no longer be searched. Give the thread a new vector store with the same files, or start a new conversation.`;
  return { status: 'failed', error: { code: 'server_error', message } };
}

export function tooLongAtAll(cause: ModelError): ModelError {
  const message =
    'The conversation does not fit into the model’s context, not even its newest part. Please start a new conversation, shorten the message or the instructions, or choose a model with a larger context.';
  return new ModelError('invalid_prompt', message, { cause, contextExceeded: true });
}
