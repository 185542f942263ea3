import { setTimeout } from 'node:timers/promises';
import { Keyv } from 'keyv';
import OpenAI from 'openai';
import type { Assistant } from 'openai/resources/beta/assistants';
import { createAssistantsApp } from '../../../src/assistants/app.ts';
import { Catalogue } from '../../../src/assistants/models/catalogue.ts';
import type { Model } from '../../../src/assistants/models/model.ts';
import { ActiveRuns, type ActiveRunsOptions } from '../../../src/assistants/runs/active-runs.ts';
import { runRoutes } from '../../../src/assistants/runs/routes/run-routes.ts';
import { openState, type State } from '../../../src/assistants/state.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import type { ScriptedModel } from '../../sim/scripted-model.ts';

/** Keyvs in memory that outlive one server, as a database does. */
export function memoryStore(): <T>(namespace: string) => Keyv<T> {
  const maps = new Map<string, Map<string, unknown>>();
  return <T>(namespace: string) => {
    const map = maps.get(namespace) ?? new Map<string, unknown>();
    maps.set(namespace, map);
    return new Keyv<T>({ store: map, namespace });
  };
}

/** A store whose writes take differently long, so that one that is not waited for is overtaken by the next. */
export function unevenStore(): <T>(namespace: string) => Keyv<T> {
  const map = new Map<string, string>();
  let writes = 0;
  const store = {
    get: async (key: string) => map.get(key),
    set: async (key: string, value: string) => {
      await setTimeout([9, 0, 4, 1, 6][writes++ % 5]);
      map.set(key, value);
    },
    delete: async (key: string) => map.delete(key),
    clear: async () => map.clear(),
  };
  return <T>(namespace: string) => new Keyv<T>({ store, namespace });
}

export interface TestApi<M extends Model = ScriptedModel> {
  model: M;
  client: OpenAI;
  state: State;
  runs: ActiveRuns;
  interpreter: ScriptedInterpreter;
  errors: unknown[];
}

/** The API in this process, as the SDK sees it, on scripted parts. */
export function openApi<M extends Model>(
  model: M,
  options: Partial<ActiveRunsOptions> & {
    keyv?: ReturnType<typeof memoryStore>;
    interpreter?: ScriptedInterpreter;
  } = {},
): TestApi<M> {
  const { keyv = memoryStore(), interpreter = new ScriptedInterpreter(), ...rest } = options;
  const state = openState(keyv);
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const runs = new ActiveRuns({ state, model, codeInterpreter: interpreter, onError, ...rest });
  const app = createAssistantsApp({
    state,
    activeRun: (threadId) => runs.ofThread(threadId),
    written: (threadId) => runs.written(threadId)?.messages,
    catalogue: new Catalogue(model),
    runRoutes: runRoutes({ state, runs }),
    onError,
  });
  const client = new OpenAI({
    apiKey: 'none',
    baseURL: 'http://assistants.test/v1',
    maxRetries: 0,
    fetch: async (url, init) => app.fetch(new Request(url, init)),
  });
  return { model, client, state, runs, interpreter, errors };
}

/** An assistant with the code interpreter and one function, and a thread with one question. */
export async function conversation(
  { client }: Pick<TestApi, 'client'>,
  question = 'Hello?',
): Promise<{ assistant: Assistant; threadId: string; ask: { assistant_id: string } }> {
  const assistant = await client.beta.assistants.create({
    model: 'scripted',
    instructions: 'Be brief.',
    tools: [
      { type: 'code_interpreter' },
      { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } },
    ],
  });
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: question }] });
  return { assistant, threadId: thread.id, ask: { assistant_id: assistant.id } };
}

/** All messages of the thread as `role: text`, oldest first. */
export async function transcript({ client }: Pick<TestApi, 'client'>, threadId: string): Promise<string[]> {
  const messages = await Array.fromAsync(client.beta.threads.messages.list(threadId, { order: 'asc' }));
  return messages.map(
    (message) =>
      `${message.role}: ${message.content.map((part) => (part.type === 'text' ? part.text.value : part.type)).join('')}`,
  );
}
