import { setImmediate, setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { calls, end, python, ScriptedModel, text } from '../../sim/scripted-model.ts';
import { conversation, type memoryStore, openApi, unevenStore } from './assistants-api.ts';

/** Says two words, with time enough between them for a checkpoint to begin. */
async function* hesitates() {
  yield text('Once ');
  await setTimeout(3);
  yield text('upon.');
  yield end();
}

test('a store whose writes overtake each other holds the end of every run', async () => {
  const api = openApi(new ScriptedModel(hesitates), { keyv: unevenStore(), checkpointMs: 0 });
  const { threadId, ask } = await conversation(api);
  const { runs, messages } = api.client.beta.threads;
  for (let turn = 0; turn < 20; turn++) {
    const stream = runs.stream(threadId, ask);
    const id = await new Promise<string>((resolve) =>
      stream.on('event', ({ event, data }) => {
        // Right after it, the run's end is being written.
        if (event === 'thread.run.step.completed') resolve(data.run_id);
      }),
    );
    await runs.update(id, { thread_id: threadId, metadata: { turn: `${turn}` } });
    await stream.finalRun();
    await setTimeout(10);
    const run = await runs.retrieve(id, { thread_id: threadId });
    expect(run).toMatchObject({ status: 'completed', metadata: { turn: `${turn}` } });
    const [message] = (await messages.list(threadId, { limit: 1 })).data;
    expect(message).toMatchObject({ status: 'completed', content: [{ text: { value: 'Once upon.' } }] });
    expect((await runs.steps.list(id, { thread_id: threadId })).data[0]?.status).toBe('completed');
  }
});

test('outputs that are submitted as soon as they are asked for are streamed to the end', async () => {
  const model = new ScriptedModel(
    ...Array.from({ length: 10 }, (_, day) => [...calls('weather', JSON.stringify({ day })), end()]),
    hesitates,
  );
  const api = openApi(model, { keyv: unevenStore() });
  const { threadId, ask } = await conversation(api);
  const { id } = await api.client.beta.threads.runs.create(threadId, ask);
  for (let round = 0; round < 10; round++) {
    const run = await api.runs.find(threadId, id);
    while (run.status !== 'requires_action') await setImmediate();
    const [call] = run.required_action?.submit_tool_outputs.tool_calls ?? [];
    const tool_outputs = [{ tool_call_id: call?.id ?? '', output: 'fine' }];
    const stream = api.client.beta.threads.runs.submitToolOutputsStream(id, {
      thread_id: threadId,
      tool_outputs,
    });
    const { status } = await stream.finalRun();
    expect(status).toBe(round < 9 ? 'requires_action' : 'completed');
  }
});

/** The same, but once it is `failing`, every third write fails, and the store has done half of what fails. */
function failingStore() {
  let writes = 0;
  const keyv = unevenStore();
  const store = { isFailing: false, keyv: keyv as ReturnType<typeof memoryStore> };
  store.keyv = <T>(namespace: string) => {
    const uneven = keyv<T>(namespace);
    const set = uneven.set.bind(uneven);
    uneven.set = async (key, value) => {
      const number = store.isFailing ? ++writes : 1;
      if (number % 6 !== 3) await set(key, value);
      if (number % 3 === 0) throw new Error('The store fails.');
      return true;
    };
    return uneven;
  };
  return store;
}

test('a store that fails now and then holds all of a run in the end, and nobody is told', async () => {
  const model = new ScriptedModel([...python('print(1)'), end()], hesitates);
  const store = failingStore();
  const api = openApi(model, { keyv: store.keyv, checkpointMs: 5 });
  const { threadId, ask } = await conversation(api);
  store.isFailing = true;
  const { runs, messages } = api.client.beta.threads;
  const { id, status } = await runs.stream(threadId, ask).finalRun();
  expect(status).toBe('completed');
  expect(await api.state.runs.get(id)).toMatchObject({ status: 'completed' });
  const steps = await Array.fromAsync(api.state.steps.walk(id, { order: 'asc' }));
  expect(steps.map(({ type, status }) => [type, status])).toEqual([
    ['tool_calls', 'completed'],
    ['message_creation', 'completed'],
  ]);
  expect(steps[0]?.answer?.outputs).toHaveLength(1);
  const [message] = (await messages.list(threadId, { limit: 1 })).data;
  expect(message).toMatchObject({ status: 'completed', content: [{ text: { value: 'Once upon.' } }] });
});
