import { Hono } from 'hono';
import { Keyv } from 'keyv';
import OpenAI from 'openai';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { type AppOptions, createAssistantsApp } from '../../src/assistants/app.ts';
import { type Fetch, inProcessFetch } from '../../src/assistants/in-process-fetch.ts';
import { Catalogue } from '../../src/assistants/models/catalogue.ts';
import { openState, type State } from '../../src/assistants/state.ts';
import { deserialize, serialize } from '../../src/store/codec.ts';
import { ScriptedModel } from '../sim/scripted-model.ts';

/** An Assistants API in memory without runs, and the SDK talking to it in this process. */
export interface Api {
  state: State;
  client: OpenAI;
  fetch: Fetch;
  /** What a server with a socket calls. */
  handle: (request: Request) => Response | Promise<Response>;
  /** The run that each thread has active, by the thread's id. */
  active: Map<string, Run>;
  /** What went to `onError`. */
  errors: unknown[];
}

export function openApi(options: Partial<AppOptions> = {}): Api {
  const state = options.state ?? openState(memory);
  const active = new Map<string, Run>();
  const errors: unknown[] = [];
  const app = createAssistantsApp({
    state,
    activeRun: async (threadId) => active.get(threadId),
    written: () => undefined,
    catalogue: new Catalogue(new ScriptedModel()),
    runRoutes: new Hono(),
    onError: (error) => errors.push(error),
    ...options,
  });
  const fetch = inProcessFetch(app.fetch);
  const handle = (request: Request) => app.fetch(request);
  return { state, client: clientOf({ fetch }), fetch, handle, active, errors };
}

export function clientOf(options: ConstructorParameters<typeof OpenAI>[0]): OpenAI {
  return new OpenAI({ apiKey: 'sk-test', baseURL: 'http://bobbin/v1', maxRetries: 0, ...options });
}

export function memory<T>(): Keyv<T> {
  return new Keyv<T>({ throwOnErrors: true, serialize, deserialize });
}

/** Posts JSON as a hand-written client would. */
export async function post(
  api: Api,
  path: string,
  body: unknown,
): Promise<{ status: number; body: unknown }> {
  return send(api, 'POST', path, typeof body === 'string' ? body : JSON.stringify(body));
}

export async function send(
  api: Api,
  method: string,
  path: string,
  body?: string,
): Promise<{ status: number; body: unknown }> {
  const response = await api.fetch(`http://bobbin/v1${path}`, {
    method,
    headers: { 'openai-beta': 'assistants=v2', 'content-type': 'application/json' },
    ...(body !== undefined && { body }),
  });
  return { status: response.status, body: await response.json() };
}

/** The body of an error answer. */
export function errorBody(message: string, param: string | null = null, code: string | null = null): unknown {
  return { error: { message, type: 'invalid_request_error', param, code } };
}

/** Everything that an auto-paging list gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items);
}
