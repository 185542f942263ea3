import { expect, test } from 'vitest';
import type { Fetch } from '../../../src/assistants/in-process-fetch.ts';
import { ModelError } from '../../../src/assistants/models/model.ts';
import { polledRun, streamedRun } from '../../../src/conversation/run/run.ts';
import {
  calls,
  end,
  failsAfter,
  hangsAfter,
  python,
  ScriptedModel,
  says,
  text,
} from '../../sim/scripted-model.ts';
import { from, openHarness, SeenReply } from '../harness.ts';

/** The texts of the messages that a model was given. */
function told(model: ScriptedModel, request = -1): string[] {
  const items = model.requests.at(request)?.items ?? [];
  return items.flatMap((item) =>
    item.type === 'message' ? item.content.map((part) => (part.type === 'text' ? part.text : part.url)) : [],
  );
}

test('a question is answered, and the model knows who asks', async () => {
  const model = new ScriptedModel(says('Hello ', 'Ann!'));
  const { turn } = await openHarness({ model });
  const reply = await turn([from('Ann', 'Hi')]);
  expect(reply.text).toBe('Hello Ann!');
  expect(reply.outcome).toEqual({ status: 'completed' });
  expect(told(model)).toEqual(['Hi']);
  expect(model.requests[0]?.instructions).toContain('The person asking is called "Ann".');
});

test('a conversation remembers its earlier turns', async () => {
  const model = new ScriptedModel(says('One.'), says('Two.'));
  const { turn } = await openHarness({ model });
  await turn([from('Ann', 'first')]);
  await turn([from('Ann', 'second')]);
  expect(told(model)).toEqual(['first', 'One.', 'second']);
});

test('several waiting messages are all added in order and answered by one run', async () => {
  const model = new ScriptedModel(says('All three.'));
  const { turn } = await openHarness({ model });
  const reply = await turn([from('Ann', '1'), from('Bob', '2'), from('Ann', '3')]);
  expect(reply.text).toBe('All three.');
  expect(model.requests).toHaveLength(1);
  expect(told(model)).toEqual(['1', '2', '3']);
});

test('code and its output are part of the reply', async () => {
  const model = new ScriptedModel([...python('print(1)'), end()], says('Done.'));
  const { turn } = await openHarness({ model });
  const reply = await turn([from('Ann', 'compute')]);
  expect(reply.text).toBe('```python\nprint(1)\n```\n\n```\nran print(1)\n```\n\nDone.');
});

test('when the model fails, the answer so far stays, the reason is said and the next message works', async () => {
  const failure = new ModelError('server_error', 'The provider is down. Ask again later.');
  const model = new ScriptedModel(failsAfter(failure, text('Half an ')), says('Whole.'));
  const { turn } = await openHarness({ model });
  const reply = await turn([from('Ann', 'one')]);
  expect(reply.text).toBe('Half an');
  expect(reply.outcome).toEqual({ status: 'failed', error: 'The provider is down. Ask again later.' });
  expect((await turn([from('Ann', 'two')])).text).toBe('Whole.');
  expect(told(model)).toEqual(['one', 'Half an ', 'two']);
});

const WHERE: [what: string, error: string, told: string][] = [
  ['a database', 'connect ECONNREFUSED 10.0.0.5:5432', 'connect ECONNREFUSED [address]'],
  ['a file', "ENOENT: no such file, open '/srv/bobbin/a.md'", "ENOENT: no such file, open '[path]'"],
  ['a provider', 'Could not reach https://internal:8443/v1.', 'Could not reach [address].'],
  ['a name', 'getaddrinfo ENOTFOUND db-1', 'getaddrinfo ENOTFOUND [address]'],
  ['a program', 'It broke.\n    at run (/srv/bobbin/a.ts:1:2)', 'It broke.'],
];

/** A server that answers requests for runs with `body`, and so as another one might. */
const runsFailWith = (status: number, message: string) => (through: Fetch) =>
  (async (input, init) => {
    if (!String(input instanceof Request ? input.url : input).endsWith('/runs')) return through(input, init);
    return Response.json({ error: { message, type: 'x', code: null, param: null } }, { status });
  }) satisfies Fetch;

test.each(WHERE)(
  'people are not told where %s is, by whichever way it comes, and the log is',
  async (_, error, told) => {
    const byRun = await openHarness({
      model: new ScriptedModel(failsAfter(new ModelError('server_error', error))),
    });
    const byAnswer = await openHarness({ model: new ScriptedModel(), network: runsFailWith(400, error) });
    for (const { turn, logged } of [byRun, byAnswer]) {
      expect((await turn([from('Ann', 'Hi')])).outcome).toEqual({ status: 'failed', error: told });
      expect(logged).toContainEqual(expect.objectContaining({ reason: error }));
    }
  },
);

test('a stop ends the run, keeps the answer so far, and the next message works', async () => {
  const model = new ScriptedModel(hangsAfter(text('Endless')), says('Again.'));
  const { turn, turnInto } = await openHarness({ model });
  const stop = new AbortController();
  const reply = new SeenReply();
  reply.onShow = () => stop.abort();
  await turnInto(reply, [from('Ann', 'go')], stop.signal);
  expect(reply.text).toBe('Endless');
  expect(reply.outcome).toEqual({ status: 'stopped' });
  expect((await turn([from('Ann', 'next')])).outcome).toEqual({ status: 'completed' });
});

test.each([
  ['streamed', streamedRun],
  ['polled', polledRun],
])('a stop that comes before the run has begun ends it too: %s', async (_, follow) => {
  const { turn } = await openHarness({ model: new ScriptedModel(hangsAfter()), follow });
  expect((await turn([from('Ann', 'go')], AbortSignal.abort())).outcome).toEqual({ status: 'stopped' });
});

test('a conversation whose thread was deleted goes on in a new one', async () => {
  const model = new ScriptedModel(says('ok'));
  const { turn, client, threadId } = await openHarness({ model });
  await turn([from('Ann', 'first')]);
  await client.beta.threads.delete(await threadId());
  expect((await turn([from('Ann', 'second')])).outcome).toEqual({ status: 'completed' });
  expect(told(model)).toEqual(['second']);
});

test('a conversation whose thread is one of another server, with ids of its own, goes on in a new one', async () => {
  const model = new ScriptedModel(says('ok'));
  const { turn, keepThread, threadId } = await openHarness({ model });
  await keepThread('0b6e3c8a-1f0a-4a52-9c6b-1d2f3a4b5c6d');
  expect((await turn([from('Ann', 'hello')])).outcome).toEqual({ status: 'completed' });
  expect(await threadId()).toMatch(/^thread_/);
});

test('a run that somebody left active is ended, so that the conversation is not stuck', async () => {
  const model = new ScriptedModel(says('ok'), hangsAfter(), says('unstuck'));
  const { turn, client, threadId } = await openHarness({ model });
  await turn([from('Ann', 'first')]);
  const [assistant] = (await client.beta.assistants.list()).data;
  await client.beta.threads.runs.create(await threadId(), { assistant_id: assistant?.id ?? '' });
  expect((await turn([from('Ann', 'second')])).text).toBe('unstuck');
});

test('a message that is too long is refused with a sentence, and the others are answered', async () => {
  const model = new ScriptedModel(says('ok'));
  const { turn } = await openHarness({ model });
  const huge = from('Ann', 'x'.repeat(1_000_000));
  const refusal = 'A message has 1,000,000 characters and at most 256,000 fit: send it in shorter parts.';
  const alone = await turn([huge]);
  expect(alone.outcome).toEqual({ status: 'failed', error: refusal });
  expect(model.requests).toHaveLength(0);
  const both = await turn([huge, from('Bob', 'short')]);
  expect(both.text).toBe('ok');
  expect(both.outcome).toEqual({ status: 'failed', error: refusal });
  expect(told(model)).toEqual(['short']);
});

test('an answer whose stream is cut arrives whole all the same', async () => {
  const pieces = Array.from({ length: 50 }, (_, i) => `word${i} `);
  const model = new ScriptedModel(says(...pieces));
  let cuts = 0;
  const { turn } = await openHarness({
    model,
    network: (fetch) => async (input, init) => {
      const response = await fetch(input, init);
      if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body)
        return response;
      cuts++;
      return new Response(cutAfter(response.body, 1_500), response);
    },
  });
  const reply = await turn([from('Ann', 'tell me')]);
  expect(cuts).toBe(1);
  expect(reply.text).toBe(pieces.join('').trimEnd());
  expect(reply.outcome).toEqual({ status: 'completed' });
  expect(model.requests).toHaveLength(1);
});

test('a function that is not there is told to the model, which goes on', async () => {
  const lookup = { type: 'function', function: { name: 'lookup', parameters: { type: 'object' } } } as const;
  const model = new ScriptedModel([...calls('lookup', '{}'), end()], says('I could not look it up.'));
  const { turn } = await openHarness({ model, tools: [lookup] });
  const reply = await turn([from('Ann', 'look')]);
  expect(reply.text).toBe('I could not look it up.');
  expect(model.requests[1]?.items).toContainEqual({
    type: 'tool_output',
    callId: 'call_lookup',
    output: '{"error":"There is no function named \\"lookup\\" here."}',
  });
});

test('an answer that shall be given anew takes the place of the one before', async () => {
  const model = new ScriptedModel(says('First try.'), says('Second try.'));
  const { turn } = await openHarness({ model });
  await turn([from('Ann', 'question')]);
  const reply = await turn([{ ...from('Ann', ''), regenerate: true }]);
  expect(reply.text).toBe('Second try.');
  expect(told(model)).toEqual(['question']);
});

test('an empty answer is told as one', async () => {
  const { turn } = await openHarness({ model: new ScriptedModel([end()]) });
  const { outcome } = await turn([from('Ann', 'question')]);
  expect(outcome).toEqual({ status: 'failed', error: 'The model gave an empty answer. Ask again.' });
});

test('a run that is not streamed shows the last assistant message', async () => {
  const model = new ScriptedModel([text('Let me see.'), ...python('1'), end()], says('It is 1.'));
  const { turn } = await openHarness({ model, follow: polledRun });
  const reply = await turn([from('Ann', 'compute')]);
  expect(reply.text).toBe('It is 1.');
  expect(reply.outcome).toEqual({ status: 'completed' });
});

test('a run that is not streamed can be stopped', async () => {
  const { turn } = await openHarness({ model: new ScriptedModel(hangsAfter()), follow: polledRun });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  expect((await turn([from('Ann', 'go')], stop.signal)).outcome).toEqual({ status: 'stopped' });
});

function cutAfter(body: ReadableStream<Uint8Array>, bytes: number): ReadableStream<Uint8Array> {
  let left = bytes;
  return body.pipeThrough(
    new TransformStream({
      transform(chunk: Uint8Array, controller) {
        if (left <= 0) return controller.error(new TypeError('terminated'));
        controller.enqueue(chunk.subarray(0, left));
        left -= chunk.length;
      },
    }),
  );
}
