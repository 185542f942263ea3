import { setTimeout as sleep } from 'node:timers/promises';
import { OpenAI } from 'openai';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createAssistants } from '../src/assistants/index.ts';
import { begunRun, streamedRun } from '../src/conversation/run.ts';
import { ThreadMap } from '../src/conversation/thread-map.ts';
import { noFunctions } from '../src/functions/functions.ts';
import type { Platform } from '../src/platform.ts';
import { RunningBot } from '../src/running-bot.ts';
import { memoryStore } from '../src/store/sqlite/store.ts';
import { SeenReply } from './conversation/harness.ts';
import { ScriptedInterpreter } from './sim/scripted-interpreter.ts';
import { end, ScriptedModel, text } from './sim/scripted-model.ts';

const LONG_MS = 300;

test('a platform with nothing to answer does not take the grace from the replies of another', async () => {
  const store = memoryStore();
  const log = pino({ level: 'silent' });
  const model = new ScriptedModel(async function* () {
    yield text('It begins');
    await sleep(LONG_MS);
    yield text(' and ends.');
    yield end();
  });
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    model,
    codeInterpreter: new ScriptedInterpreter(),
    onError: () => {},
  });
  const baseURL = 'http://embedded.invalid/v1';
  const client = new OpenAI({ baseURL, apiKey: 'none', fetch: assistants.fetch, maxRetries: 0 });
  const { id: assistant_id } = await client.beta.assistants.create({ model: 'm' });
  const turn = {
    client,
    threads: new ThreadMap(store.keyv('conversations'), client),
    runThread: streamedRun(client),
    followRun: begunRun(client),
    functions: noFunctions,
    runSettings: { assistant_id },
    style: { toolCall: () => undefined },
    log,
  };
  const { close } = assistants;
  const server = { client, warmUp: () => {}, leaveRuns: () => void close(), close };
  const bot = new RunningBot(store, server, turn, { prompts: [], graceMs: 60_000 });
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
