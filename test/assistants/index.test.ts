import { serve } from '@hono/node-server';
import { afterEach, expect, test } from 'vitest';
import { type Assistants, createAssistants } from '../../src/assistants/index.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import { hurryClock } from '../sim/hurried-clock.ts';
import { ScriptedInterpreter } from '../sim/scripted-interpreter.ts';
import { hangsAfter, type ScriptedAnswer, ScriptedModel, says, text } from '../sim/scripted-model.ts';
import { all, clientOf } from './client.ts';

const errors: unknown[] = [];
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  expect(errors.splice(0)).toEqual([]);
});

function open(...answers: ScriptedAnswer[]): Assistants {
  const store = memoryStore();
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    model: new ScriptedModel(...answers),
    codeInterpreter: new ScriptedInterpreter(),
    onError: (error) => errors.push(error),
  });
  closing.push(
    () => store.close(),
    () => assistants.close(),
  );
  return assistants;
}

test('a thread is answered by a run, whose messages can be asked for', async () => {
  const { beta } = clientOf({ fetch: open(says('Hello ', 'you.')).fetch });
  const { id: assistant_id } = await beta.assistants.create({ model: 'scripted' });
  const { id } = await beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
  const run = await beta.threads.runs.createAndPoll(id, { assistant_id }, { pollIntervalMs: 5 });
  expect(run.status).toBe('completed');
  const [answer, ...others] = await all(beta.threads.messages.list(id, { run_id: run.id }));
  expect(answer?.content).toEqual([{ type: 'text', text: { value: 'Hello you.', annotations: [] } }]);
  expect(answer).toMatchObject({ run_id: run.id, assistant_id, role: 'assistant', status: 'completed' });
  expect(others).toEqual([]);
});

test('an active run keeps messages and the deletion of its thread away, until it is cancelled', async () => {
  const { beta } = clientOf({ fetch: open(hangsAfter(text('Well')), says('never')).fetch });
  const { id: assistant_id } = await beta.assistants.create({ model: 'scripted' });
  const { id } = await beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
  const run = await beta.threads.runs.create(id, { assistant_id });
  const adding = () => beta.threads.messages.create(id, { role: 'user', content: 'And?' });
  await expect(adding()).rejects.toThrow(`400 Can't add messages to ${id} while a run ${run.id} is active.`);
  await expect(beta.threads.delete(id)).rejects.toThrow(
    `400 Can't delete ${id} while a run ${run.id} is active.`,
  );
  await beta.threads.runs.cancel(run.id, { thread_id: id });
  await beta.threads.runs.poll(run.id, { thread_id: id }, { pollIntervalMs: 5 });
  await adding();
  expect((await beta.threads.delete(id)).deleted).toBe(true);
  await expect(beta.threads.runs.retrieve(run.id, { thread_id: id })).rejects.toThrow(
    `404 No thread found with id '${id}'.`,
  );
});

test('a client that gives up a stream stops reading at once', async () => {
  const { beta } = clientOf({ fetch: open(hangsAfter(text('Well'))).fetch });
  const { id: assistant_id } = await beta.assistants.create({ model: 'scripted' });
  const { id } = await beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
  const stream = beta.threads.runs.stream(id, { assistant_id });
  const ended = stream.done().catch((error: unknown) => error);
  stream.on('textDelta', () => stream.abort());
  expect(await ended).toMatchObject({ message: 'Request was aborted.' });
  const [run] = await all(beta.threads.runs.list(id));
  expect(run?.status).toBe('in_progress');
});

test('the same API answers over a socket', async () => {
  const { handle } = open(says('Hello ', 'you.'));
  const port = await new Promise<number>((resolve) => {
    const server = serve({ fetch: handle, port: 0, hostname: '127.0.0.1' }, (info) => resolve(info.port));
    closing.push(() => new Promise((done) => server.close(() => done())));
  });
  const { beta } = clientOf({ baseURL: `http://127.0.0.1:${port}/v1` });
  const { id: assistant_id } = await beta.assistants.create({ model: 'scripted' });
  const { id } = await beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
  const stream = beta.threads.runs.stream(id, { assistant_id });
  const deltas: string[] = [];
  stream.on('textDelta', ({ value }) => deltas.push(value ?? ''));
  await stream.done();
  expect(deltas.join('')).toBe('Hello you.');
});

test('of a failure that nobody foresaw, clients are told what may be told', async () => {
  const store = memoryStore();
  const full = new Error('The disk is full.');
  let isFull = false;
  const assistants = createAssistants({
    keyv: (namespace) => {
      const keyv = store.keyv<never>(namespace);
      const set = keyv.set.bind(keyv);
      keyv.set = (...given) => (isFull ? Promise.reject(full) : set(...given));
      return keyv as never;
    },
    model: new ScriptedModel(says('Hello.')),
    codeInterpreter: new ScriptedInterpreter(),
    onError: (error) => void expect(error).toBe(full),
    explain: (error) => (error === full ? 'Free some space.' : undefined),
  });
  const { beta } = clientOf({ fetch: assistants.fetch });
  const { id: assistant_id } = await beta.assistants.create({ model: 'scripted' });
  const { id } = await beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
  const stream = await beta.threads.runs.create(id, { assistant_id, stream: true });
  isFull = true;
  hurryClock(50);
  await expect(all(stream)).rejects.toThrow('Free some space.');
  await expect(beta.threads.create()).rejects.toThrow('500 Free some space.');
});
