import { APIError, InternalServerError } from 'openai';
import { expect, test } from 'vitest';
import { openState } from '../../../src/assistants/state.ts';
import { clientOf, memory, openApi } from '../client.ts';

test('an unexpected failure is told to the log and not to the client', async () => {
  const broken = openState(memory);
  const cause = new Error('password=hunter2 is wrong');
  broken.assistants.get = () => Promise.reject(cause);
  const { fetch, errors } = openApi({ state: broken });
  const client = clientOf({ fetch, maxRetries: 2 });
  const failure = client.beta.assistants.retrieve('asst_x');
  await expect(failure).rejects.toThrow(InternalServerError);
  await expect(failure).rejects.toMatchObject({
    type: 'server_error',
    message: '500 The server had an error while processing your request. Sorry about that!',
  });
  await expect(failure).rejects.toBeInstanceOf(APIError);
  expect(errors).toEqual([cause]);
});
