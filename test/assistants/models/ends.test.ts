import { describe, expect, it } from 'vitest';
import { CODE_INTERPRETER, callsOf, collect, requestOf, textOf } from './collect.ts';
import { chat, responses } from './servers.ts';

const CALL = { name: 'code_interpreter', arguments: '{"code":"print(1)"}' };
const REQUEST = requestOf('Hi', { tools: [CODE_INTERPRETER] });

/** The answer ends as it is said, one way or another: only the absence of any end is a cut. */
describe.each([
  ['chat completions', chat],
  ['responses', responses],
] as const)('an answer of %s is whole', (_, start) => {
  it.each([
    ['when it is closed by [DONE] without a reason', { noReason: true as const }],
    ['when it comes as one JSON body that calls itself a stream', { wholeAs: 'text/event-stream' }],
    [
      'when it comes as one JSON body of type application/json',
      { wholeAs: 'application/json; charset=utf-8' },
    ],
    ['when it comes as one JSON body of type text/plain', { wholeAs: 'text/plain' }],
  ])('%s', async (_, trouble) => {
    const { server, model } = await start();
    server.next({ text: 'One two.', toolCalls: [CALL], trouble });
    const events = await collect(model, REQUEST);
    expect(textOf(events)).toBe('One two.');
    expect(callsOf(events).map(({ arguments: args }) => args)).toEqual([CALL.arguments]);
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'stop' });
    expect(server.requests.length).toBe(1);
  });

  it('in whatever pieces [DONE] comes', async () => {
    const { server, model } = await start();
    server.next({ text: 'One.', trouble: { noReason: true, bytesPerWrite: 3, lineEnding: '\r\n' } });
    expect(textOf(await collect(model, REQUEST))).toBe('One.');
  });

  it('and never when its text only speaks of [DONE]', async () => {
    const { server, model } = await start();
    server.next({ text: ['say\n\ndata: [DONE]\n\n', 'x'], trouble: { endAt: start === chat ? 2 : 5 } });
    await expect(collect(model, REQUEST)).rejects.toThrow('broke off before the answer was complete');
  });

  it('and never when nothing but [DONE] comes', async () => {
    const { server, model } = await start();
    const body = 'data: [DONE]\n\n';
    server.next({ status: 200, headers: { 'content-type': 'text/event-stream' }, body });
    await expect(collect(model, REQUEST)).rejects.toThrow(/sent nothing that belongs to/);
  });

  it('and never when its JSON body is cut', async () => {
    const { server, model } = await start();
    const half = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"choices":[{"me' };
    server.next(half, half, half);
    await expect(collect(model, REQUEST)).rejects.toThrow('not valid JSON');
  });
});

describe('an empty reason', () => {
  it('ends an answer whose other chunks have none', async () => {
    const { server, model } = await chat();
    server.next({ text: 'One two.', trouble: { noReason: '', endAt: 4 } });
    expect(textOf(await collect(model, REQUEST))).toBe('One two.');
  });

  it('ends nothing where every chunk has it', async () => {
    const { server, model } = await chat();
    const chunk = (content: string) =>
      `data: {"choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":""}]}\n\n`;
    const headers = { 'content-type': 'text/event-stream' };
    server.next({ status: 200, headers, body: chunk('One ') + chunk('two') });
    await expect(collect(model, REQUEST)).rejects.toThrow('broke off before the answer was complete');
    server.next({ status: 200, headers, body: `${chunk('One ') + chunk('two')}data: [DONE]\n\n` });
    expect(textOf(await collect(model, REQUEST))).toBe('One two');
  });
});
