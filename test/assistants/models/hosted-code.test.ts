import fc from 'fast-check';
import { Keyv } from 'keyv';
import { expect, test } from 'vitest';
import { Containers } from '../../../src/assistants/code-interpreter/hosted/containers.ts';
import { ContainersApi } from '../../../src/assistants/code-interpreter/hosted/containers-api.ts';
import type { ModelItem, ModelRequest } from '../../../src/assistants/models/model.ts';
import { responseReader } from '../../../src/assistants/models/responses/answer.ts';
import { responseBody } from '../../../src/assistants/models/responses/request.ts';
import { responsesModel } from '../../../src/assistants/models/responses.ts';
import type { ResponsesOptions } from '../../sim/responses.ts';
import { CODE_INTERPRETER, callsOf, collect, requestOf } from './collect.ts';
import { responses } from './servers.ts';

const PYTHON = { session: 'thread_1', name: 'code_interpreter', files: [] };

async function hosting(options: ResponsesOptions = {}) {
  const { server } = await responses(options);
  const provider = { baseURL: server.url, apiKey: 'sk-test-0123456789', retryDelayMs: 5 };
  const containers = new Containers({ api: new ContainersApi(provider), kept: new Keyv() });
  return { server, model: responsesModel({ ...provider, containers }) };
}

const asking = (more: Partial<ModelRequest> = {}) =>
  requestOf('Hi', { tools: [CODE_INTERPRETER], python: PYTHON, ...more });

const item = (at: number, more: object) => ({
  type: 'response.output_item.done',
  output_index: at,
  item: more,
});
const ran = (id: string, code: string) => ({
  type: 'code_interpreter_call',
  id,
  code,
  status: 'completed',
  container_id: 'cntr_1',
  outputs: [{ type: 'logs', logs: id }],
});

test('an answer pauses after code that ran by itself, and not beside a function that is waited for', () => {
  const events = (...items: object[]) => {
    const reader = responseReader({ python: { ...PYTHON, container: 'cntr_1' } });
    return items.flatMap((each, at) => [...reader.push(item(at, each))]).map(({ type }) => type);
  };
  const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
  const code = ['tool_call', 'tool_arguments', 'tool_arguments', 'tool_ran', 'provider_item'];
  expect(events(ran('1', 'x'), ran('2', 'y'))).toEqual([...code, 'pause', ...code, 'pause']);
  expect(events(ran('1', 'x'), call)).toEqual([...code, 'pause', 'tool_call', 'tool_arguments']);
  expect(events(call, ran('1', 'x'))).toEqual(['tool_call', 'tool_arguments', ...code]);
});

test('a server’s own code is passed over where nobody asked for it', () => {
  const reader = responseReader();
  expect([...reader.push(item(0, ran('1', 'x')))]).toEqual([]);
});

test('code comes whole however it is cut, with its lines ended in one way', () => {
  const pieces = fc.array(
    fc.oneof(fc.constantFrom('\r\n', '"', '\\', '`', '{"code":', '\n', '🙂'), fc.string()),
  );
  fc.assert(
    fc.property(pieces, pieces, (streamed, rest) => {
      const reader = responseReader({ python: { ...PYTHON, container: 'cntr_1' } });
      const call = ran('ci_1', [...streamed, ...rest].join(''));
      const added = { type: 'response.output_item.added', output_index: 0, item: { ...call, code: '' } };
      const deltas = streamed.map((delta) => ({
        type: 'response.code_interpreter_call_code.delta',
        output_index: 0,
        delta,
      }));
      const events = [added, ...deltas, item(0, call)].flatMap((event) => [...reader.push(event)]);
      const [made] = callsOf(events);
      expect(JSON.parse(made?.arguments ?? '')).toEqual({ code: call.code.replaceAll('\r', '') });
    }),
  );
});

test('a call goes back as the provider’s own in its container, and as a function’s in another', () => {
  const reasoning = (id: string): ModelItem => ({ type: 'provider', item: { type: 'reasoning', id } });
  const items = (container_id: string | undefined): ModelItem[] => [
    reasoning('rs_1'),
    { type: 'tool_call', callId: 'ci_1', name: 'code_interpreter', arguments: '{"code":"x"}' },
    {
      type: 'provider',
      item: { type: 'code_interpreter_call', id: 'ci_1', container_id, status: 'completed' },
    },
    { type: 'tool_output', callId: 'ci_1', output: '1' },
    reasoning('rs_2'),
    { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'One.' }] },
  ];
  const typesOf = (container: string | undefined, ranIn: string | undefined) => {
    const python = { ...PYTHON, ...(container && { container }) };
    const { input } = responseBody(asking({ python, items: items(ranIn) }));
    return (input as { type?: string; role?: string }[]).map(({ type, role }) => type ?? role);
  };
  expect(typesOf('cntr_1', 'cntr_1')).toEqual([
    'reasoning',
    'code_interpreter_call',
    'reasoning',
    'assistant',
  ]);
  const toldAsFunction = ['function_call', 'function_call_output', 'reasoning', 'assistant'];
  expect(typesOf('cntr_2', 'cntr_1')).toEqual(toldAsFunction);
  expect(typesOf(undefined, 'cntr_1')).toEqual(toldAsFunction);
  expect(typesOf(undefined, undefined)).toEqual(toldAsFunction);
});

test('a client’s function of the same name stays the client’s', async () => {
  const { server, model } = await hosting();
  server.next({
    hosted: [{ code: 'x' }],
    toolCalls: [{ name: 'code_interpreter', arguments: '{"code":"y"}' }],
  });
  const own = { ...CODE_INTERPRETER, name: 'code_interpreter_2' };
  const python = { ...PYTHON, name: own.name };
  const events = await collect(
    model,
    asking({ python, tools: [CODE_INTERPRETER, own], toolChoice: { name: own.name } }),
  );
  const names = events.flatMap((event) => (event.type === 'tool_call' ? [event.name] : []));
  expect(names).toEqual(['code_interpreter_2', 'code_interpreter']);
  const body = server.requests.at(-1)?.body;
  expect(body?.tools).toMatchObject([
    { type: 'function', name: 'code_interpreter' },
    { type: 'code_interpreter' },
  ]);
  expect(body?.tool_choice).toEqual({ type: 'code_interpreter' });
});

test('no container is made for a run without code', async () => {
  const { server, model } = await hosting();
  server.next({ text: 'Hi.' });
  await collect(model, requestOf('Hi'));
  expect(server.containers.all).toEqual([]);
});
