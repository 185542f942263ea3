import { getRequestListener } from '@hono/node-server';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { createRest } from '../../../adapters/discord/client.ts';
import { start } from '../../sim/discord/harness.ts';

test('files arrive whoever sends the requests of this process, as with a proxy, and whosever Response it has', async () => {
  const before = getGlobalDispatcher();
  onTestFinished(() => setGlobalDispatcher(before));
  setGlobalDispatcher(new Agent());
  // Puts another Response in place of Node's, as our HTTP server does.
  getRequestListener(() => new Response());
  const sim = await start();
  const rest = createRest(sim.apiUrl, sim.token);
  const { id } = sim.channel('general');
  const data = Buffer.from([0, 13, 10, 255]);
  await rest.post(`/channels/${id}/messages`, {
    body: { content: 'Über alles.' },
    files: [{ name: 'größe.bin', data, contentType: 'application/octet-stream' }],
  });
  expect(sim.messages('general')).toMatchObject([{ content: 'Über alles.', attachments: [{ data }] }]);
});
