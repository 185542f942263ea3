import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Platform } from '../src/platform.ts';
import { memoryStore } from '../src/store/sqlite/store.ts';
import { SeenReply } from './conversation/harness.ts';
import { scriptedBot } from './sim/scripted-bot.ts';
import { end, ScriptedModel, text } from './sim/scripted-model.ts';

const LONG_MS = 300;

test('a platform with nothing to answer does not take the grace from the replies of another', async () => {
  const model = new ScriptedModel(async function* () {
    yield text('It begins');
    await sleep(LONG_MS);
    yield text(' and ends.');
    yield end();
  });
  const bot = await scriptedBot({ store: memoryStore(), model, graceMs: 60_000 });
  const reply = new SeenReply();
  const begun = Promise.withResolvers<void>();
  reply.onShow = begun.resolve;
  const platform = (name: string): Platform => ({
    name,
    start: async () => {},
    reply: () => reply,
    close: async () => {},
  });
  await bot.connect(platform('idle'));
  await bot.connect(platform('busy'));
  bot.receive({ id: '1', conversation: 'busy:1', author: { id: 'ann', name: 'Ann' }, text: 'Hello' });
  await begun.promise;
  await bot.close();
  expect(reply).toMatchObject({ text: 'It begins and ends.', outcome: { status: 'completed' } });
});
