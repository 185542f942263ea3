import fc from 'fast-check';
import { NotFoundError } from 'openai';
import { describe, expect, test } from 'vitest';
import { type AssistantsOptions, createAssistants } from '../../src/assistants/index.ts';
import { Catalogue } from '../../src/assistants/models/catalogue.ts';
import { demoModel } from '../../src/assistants/models/demo.ts';
import type { Model } from '../../src/assistants/models/model.ts';
import type { ModelServer } from '../sim/model-server.ts';
import { ScriptedInterpreter } from '../sim/scripted-interpreter.ts';
import { clientOf, errorBody, memory } from './client.ts';
import { chat, responses } from './models/servers.ts';

/** The API as `serve` offers it over a model. */
function open(model: Model, options: Partial<AssistantsOptions> = {}) {
  const onError = (error: unknown) => {
    throw error;
  };
  const { fetch } = createAssistants({
    keyv: memory,
    model,
    unknownModels: 'refused',
    codeInterpreter: new ScriptedInterpreter(),
    onError,
    ...options,
  });
  return clientOf({ fetch });
}

type Client = ReturnType<typeof open>;

async function runOn(client: Client, assistant_id: string, model?: string) {
  const { id } = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
  return client.beta.threads.runs.createAndPoll(
    id,
    { assistant_id, ...(model && { model }) },
    { pollIntervalMs: 5 },
  );
}

const asked = ({ requests }: ModelServer) => requests.map(({ body }) => body.model);

describe.each([
  ['Chat Completions', chat],
  ['Responses', responses],
] as const)('a program that asks for a model which the provider (%s) does not offer', (_, provider) => {
  test('is answered by MODEL, and its assistant keeps the name', async () => {
    const { server, model } = await provider({ models: ['only-one'] });
    const client = open(model, { standIn: 'only-one' });
    const assistant = await client.beta.assistants.create({ model: 'gpt-4o' });
    expect(assistant.model).toBe('gpt-4o');
    const run = await runOn(client, assistant.id);
    expect(run).toMatchObject({ status: 'completed', model: 'gpt-4o' });
    expect((await runOn(client, assistant.id, 'gpt-4-turbo')).status).toBe('completed');
    expect((await client.beta.assistants.update(assistant.id, { model: 'o3' })).model).toBe('o3');
    expect(asked(server)).toEqual(['only-one', 'only-one']);
  });

  test('is not, when the name is one that is offered', async () => {
    const { server, model } = await provider({ models: ['small', 'large'] });
    const client = open(model, { standIn: 'small' });
    const { id } = await client.beta.assistants.create({ model: 'large' });
    await runOn(client, id);
    await runOn(client, id, 'small');
    expect(asked(server)).toEqual(['large', 'small']);
  });

  test.each([
    ['there is no list', null],
    ['the list has names that may not be used', ['gpt-4o', 'sim-small']],
  ])('is answered by MODEL when the provider refuses it, which is learnt, where %s', async (_, listed) => {
    const { server, model } = await provider({ listed });
    const client = open(model, { standIn: 'sim-small' });
    const { id } = await client.beta.assistants.create({ model: 'gpt-4o' });
    expect((await runOn(client, id)).status).toBe('completed');
    expect((await runOn(client, id)).status).toBe('completed');
    expect((await runOn(client, id, 'sim-large')).status).toBe('completed');
    const usual = listed === null ? 'sim-large' : 'sim-small';
    expect(asked(server)).toEqual(['gpt-4o', 'sim-small', 'sim-small', usual]);
  });

  test('hears of MODEL when that is not offered either', async () => {
    const { model } = await provider({ models: ['sim-small'] });
    const client = open(model, { standIn: 'sim-smal', explain: (error) => (error as Error).message });
    const { id } = await client.beta.assistants.create({ model: 'gpt-4o' });
    const run = await runOn(client, id);
    expect(run.last_error?.message).toMatch(/`sim-smal` is not offered .* It offers: sim-small/);
  });

  test('is refused without MODEL, with the names of those that are offered', async () => {
    const { server, model } = await provider({ models: ['gpt-4', 'gpt-4o-mini'] });
    const client = open(model);
    const refusal = {
      status: 400,
      error: (
        errorBody(
          "The requested model 'gpt-4o' does not exist. These do: gpt-4, gpt-4o-mini.",
          'model',
          'model_not_found',
        ) as { error: object }
      ).error,
    };
    const { assistants, threads } = client.beta;
    await expect(assistants.create({ model: 'gpt-4o' })).rejects.toMatchObject(refusal);
    const { id } = await assistants.create({ model: 'gpt-4o-mini' });
    await expect(assistants.update(id, { model: 'gpt-4o' })).rejects.toMatchObject(refusal);
    await expect(runOn(client, id, 'gpt-4o')).rejects.toMatchObject(refusal);
    const both = threads.createAndRun({ assistant_id: id, model: 'gpt-4o', thread: {} });
    await expect(both).rejects.toMatchObject(refusal);
    expect(await assistants.update(id, { name: 'x' })).toMatchObject({ model: 'gpt-4o-mini' });
    expect(server.requests).toEqual([]);
  });

  test('is let in where the provider does not say what it offers', async () => {
    const { model } = await provider({ listed: null });
    const client = open(model);
    expect((await client.beta.assistants.create({ model: 'gpt-4o' })).model).toBe('gpt-4o');
  });
});

test.each([
  ['llama3.2', 'llama3.2:latest'],
  ['gemini-2.5-flash', 'models/gemini-2.5-flash'],
])('the name %s is one for the listed %s', async (name, listed) => {
  const { server, model } = await chat({ models: [name, 'other'], listed: [listed, 'other'] });
  const client = open(model, { standIn: 'other' });
  const { id } = await client.beta.assistants.create({ model: name });
  await runOn(client, id);
  expect(asked(server)).toEqual([name]);
});

test('a run that is cancelled while the list of models does not come ends at once', async () => {
  const model: Model = { ...demoModel(), offered: () => new Promise(() => {}) };
  const client = open(model, { standIn: 'demo', unknownModels: 'taken' });
  const { id: assistant_id } = await client.beta.assistants.create({ model: 'gpt-4o' });
  const { id } = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
  const { runs } = client.beta.threads;
  const run = await runs.create(id, { assistant_id });
  await runs.cancel(run.id, { thread_id: id });
  expect((await runs.poll(run.id, { thread_id: id }, { pollIntervalMs: 5 })).status).toBe('cancelled');
});

describe('the list of models', () => {
  const name = 'meta-llama/Llama-3.1-8B';

  test('is the provider’s, in the words of OpenAI', async () => {
    const { model } = await chat({ models: [name, 'b'] });
    const client = open(model);
    const first = { id: name, object: 'model', created: 1_700_000_000, owned_by: 'sim' };
    expect((await client.models.list()).data).toEqual([first, { ...first, id: 'b' }]);
    expect(await client.models.retrieve(name)).toMatchObject(first);
    expect(await client.get(`/models/${name}`)).toMatchObject(first);
  });

  test('has no model that there is not', async () => {
    const { model } = await chat();
    const retrieved = open(model).models.retrieve('gpt-4o');
    await expect(retrieved).rejects.toThrow(NotFoundError);
    await expect(retrieved).rejects.toMatchObject({
      message: "404 The model 'gpt-4o' does not exist",
      code: 'model_not_found',
      param: 'model',
    });
    await expect(open(model).models.delete('sim-small')).rejects.toMatchObject({ status: 405 });
  });

  test('has MODEL, whether the provider lists it or nothing', async () => {
    for (const listed of [null, ['base'], ['mine', 'base']]) {
      const { model } = await chat({ listed });
      const { data } = await open(model, { standIn: 'mine' }).models.list();
      expect(data.map(({ id }) => id)).toEqual(['mine', ...(listed ?? []).filter((id) => id !== 'mine')]);
    }
  });
});

test('the provider’s list is believed for a minute, and five seconds about a name that it lacks', async () => {
  const wait = fc.integer({ min: 0, max: 90_000 });
  const act = fc.record({ wait, name: fc.constantFrom('a', 'b', 'c'), adds: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
      let now = 0;
      let lists = 0;
      const names = new Set(['a']);
      const changes: { at: number; name: string }[] = [];
      const asks: number[] = [];
      const offered = async () => {
        lists++;
        asks.push(now);
        return [...names].map((id) => ({ id }));
      };
      const catalogue = new Catalogue({ offered }, () => now);
      for (const { wait, name, adds } of acts) {
        now += wait;
        const before = lists;
        const says = await catalogue.offers(name);
        expect(lists - before).toBeLessThanOrEqual(2);
        const added = changes.find((change) => change.name === name)?.at ?? 0;
        if (!names.has(name)) expect(says).toBe(false);
        else if (now - added > 5_000 || name === 'a') expect(says).toBe(true);
        if (adds && !names.has(name)) {
          names.add(name);
          changes.push({ at: now, name });
        }
      }
      const gaps = asks.slice(1).map((at, i) => at - (asks[i] ?? 0));
      expect(gaps.every((gap) => gap > 5_000)).toBe(true);
    }),
  );
});

test('a refusal is forgotten with the list that it came with', async () => {
  let now = 0;
  const catalogue = new Catalogue({ offered: async () => [{ id: 'a' }] }, () => now);
  expect(await catalogue.offers('a')).toBe(true);
  catalogue.refused('a');
  now = 60_000;
  expect(await catalogue.offers('a')).toBe(false);
  now = 60_001;
  expect(await catalogue.offers('a')).toBe(true);
});
