import { onTestFinished } from 'vitest';
import { createAssistants } from '../../src/assistants/index.ts';
import { polledRun, streamedRun } from '../../src/conversation/run/run.ts';
import { openHttp } from '../../src/operations/http.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import { ScriptedInterpreter } from '../sim/scripted-interpreter.ts';
import type { ScriptedModel } from '../sim/scripted-model.ts';
import type { HarnessOptions } from './harness.ts';

type Way = (model: ScriptedModel) => Promise<Partial<HarnessOptions>>;

/** How the bot may follow its runs, and where they may be. */
export const WAYS: [string, Way][] = [
  ['a streamed run', async () => ({ follow: streamedRun })],
  ['a polled run', async () => ({ follow: polledRun })],
  ['a streamed run of another server', async (model) => elsewhere(model)],
  ['a polled run of another server', async (model) => ({ ...(await elsewhere(model)), follow: polledRun })],
];

/** Another Assistants server, to which the SDK talks over HTTP. */
async function elsewhere(model: ScriptedModel): Promise<Partial<HarnessOptions>> {
  const store = memoryStore();
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    model,
    codeInterpreter: new ScriptedInterpreter(),
    onError: () => {},
  });
  const http = await openHttp({
    port: 0,
    lastAnswersMs: 0,
    hostname: '127.0.0.1',
    ready: () => true,
    assistants: assistants.handle,
  });
  onTestFinished(async () => {
    await assistants.close();
    await http.close();
  });
  const address = `http://127.0.0.1:${http.port}`;
  return {
    network: () => (input, init) => fetch(String(input).replace('http://embedded.invalid', address), init),
  };
}
