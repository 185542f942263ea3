import { describe, expect, test } from 'vitest';
import { ModelError, type ModelEvent, type ModelRequest } from '../../../../src/assistants/models/model.ts';
import { MAX_ANSWERS } from '../../../../src/assistants/runs/loop/call-limits.ts';
import {
  end,
  hangsAfter,
  python,
  type ScriptedAnswer,
  says,
  text,
  usage,
} from '../../../sim/scripted-model.ts';
import { transcript } from '../assistants-api.ts';
import { finished, isWritten, killed, loop } from './killed.ts';

describe('what a dead process has done', () => {
  test('is not done again, and the model knows it: calls, words, and that Python is new', async () => {
    const first: ModelEvent[] = [
      text('First.'),
      ...python('a = 1', 'c1'),
      ...python('loop', 'c2', 1),
      usage,
      end(),
    ];
    const { threadId, id, next } = await killed(
      { answers: [first], codes: { ...loop, 'a = 1': { prints: ['one\n'] } } },
      (api) => api.interpreter.requests.length > 1,
    );
    const api = next([[...python('b', 'c1'), usage, end()], says('Done.')], {
      loop: { prints: ['two\n'], fresh: true },
      b: { prints: ['three\n'] },
    });
    const { run, steps } = await finished(api, threadId, id);
    expect(api.interpreter.requests.map(({ code }) => code)).toEqual(['loop', 'b']);
    expect(run.usage).toMatchObject({ prompt_tokens: 30, completion_tokens: 15 });
    const fresh = expect.stringMatching(/^\[This Python was started anew.*\n*two\n$/s);
    expect(api.model.requests[0]?.items.slice(1)).toEqual([
      { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'First.' }] },
      { type: 'tool_call', callId: 'c1', name: 'code_interpreter', arguments: '{"code":"a = 1"}' },
      { type: 'tool_call', callId: 'c2', name: 'code_interpreter', arguments: '{"code":"loop"}' },
      { type: 'tool_output', callId: 'c1', output: 'one\n' },
      { type: 'tool_output', callId: 'c2', output: fresh },
    ]);
    // An id that was used is not used again.
    const ids = steps.flatMap(({ step_details: details }) =>
      details.type === 'tool_calls' ? details.tool_calls.map((call) => call.id) : [],
    );
    expect(new Set(ids).size).toBe(3);
    expect(JSON.stringify(steps)).not.toContain('1\\n1');
  });

  test('counts: budgets and the bound on answers go on from there', async () => {
    const run = { max_completion_tokens: 15 };
    const { threadId, id, next } = await killed(
      {
        answers: [[...python('1', 'c1'), usage, end()], [...python('2', 'c2'), usage, end()], hangsAfter()],
        run,
      },
      (api) => api.model.requests.length > 2,
    );
    const api = next([[...python('3', 'c3'), usage, end()]]);
    expect((await finished(api, threadId, id)).run).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_completion_tokens' },
      usage: { completion_tokens: 15 },
    });
    expect(api.model.requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([5]);

    const again = (_: unknown, at: number): ScriptedAnswer => [...python(`${at}`, `c${at}`), end()];
    const many = await killed(
      { answers: [...Array.from({ length: MAX_ANSWERS - 1 }, again), hangsAfter()] },
      (it) => it.model.requests.length === MAX_ANSWERS,
    );
    const last = many.next([[...python('1'), end()]]);
    const { run: stopped, messages } = await finished(last, many.threadId, many.id);
    expect(stopped.status).toBe('completed');
    expect(JSON.stringify(messages.at(-1)?.content)).toContain('went on calling tools');
    expect(last.model.requests).toMatchObject([{ toolChoice: 'none' }]);
  });

  test('a tool that had to be called need not be called once more', async () => {
    const { threadId, id, next } = await killed(
      {
        answers: [[...python('1'), end()], hangsAfter()],
        run: { tool_choice: 'required', reasoning_effort: 'high' },
      },
      (api) => api.model.requests.length > 1,
    );
    const api = next([says('Yes.')]);
    await finished(api, threadId, id);
    expect(api.model.requests[0]).toMatchObject({ toolChoice: 'auto', reasoningEffort: 'high' });
  });

  test('files stay: the last message shows the images, links what it names and carries the rest', async () => {
    const files = ['plot.png', 'table.csv'].map((name) => ({ name, bytes: new Uint8Array([1]) }));
    const { threadId, id, next } = await killed(
      { answers: [[...python('draw'), end()], hangsAfter(text('See'))], codes: { draw: { files } } },
      isWritten('See'),
    );
    const api = next([says('See [it](sandbox:/mnt/data/table.csv).')]);
    const { messages } = await finished(api, threadId, id);
    const [image, said] = messages.at(-1)?.content ?? [];
    expect(image).toMatchObject({ type: 'image_file' });
    expect(said).toMatchObject({ text: { annotations: [{ text: 'sandbox:/mnt/data/table.csv' }] } });
    expect(messages.at(-1)?.attachments).toHaveLength(1);
  });
});

describe('what was left out of a conversation is told', () => {
  const notice = '⚠️ Pictures were left out of this conversation: the model `scripted` takes none.';
  const isAPicture = (request: ModelRequest) => JSON.stringify(request.items).includes('data:image/png');
  /** Takes no pictures, and answers otherwise. */
  const blind = (answer: ModelEvent[]): ScriptedAnswer =>
    async function* (request, signal) {
      if (isAPicture(request)) throw new ModelError('invalid_prompt', 'No images.', { refused: 'images' });
      yield* answer;
      if (answer.at(-1)?.type !== 'end')
        await new Promise((_, reject) => signal.addEventListener('abort', reject));
    };

  test.each<[string, ScriptedAnswer[], string[]]>([
    ['again, when the words were lost', [blind([]), blind([text('I se')])], [`${notice}\n\nAll of it.`]],
    [
      'again, when there were no words yet',
      [blind([]), blind([...python('1'), end()]), blind([text('I se')])],
      [`${notice}\n\nAll of it.`],
    ],
    [
      'once, when they were not',
      [blind([]), blind([text('Wait.'), ...python('1'), end()]), blind([text('I se')])],
      [`${notice}\n\nWait.`, 'All of it.'],
    ],
  ])('%s', async (_when, answers, said) => {
    const image_url = { url: 'data:image/png;base64,AAAA' };
    const picture = { role: 'user' as const, content: [{ type: 'image_url' as const, image_url }] };
    const { threadId, id, next } = await killed(
      { answers, run: { additional_messages: [picture] } },
      isWritten('I se'),
    );
    const api = next([blind(says('All of it.'))]);
    await finished(api, threadId, id);
    expect((await transcript(api, threadId)).slice(2)).toEqual(said.map((each) => `assistant: ${each}`));
    expect(api.model.requests.filter(isAPicture)).toEqual([]);
  });
});

test('what a provider wants back with its calls goes back to it, also in later runs', async () => {
  const signed = (callId: string): ModelEvent[] => {
    const [call, ...rest] = python(callId, callId);
    if (!call) throw new Error('A call has events.');
    const own: ModelEvent = { type: 'tool_own', index: 0, own: { signed: callId } };
    const thought: ModelEvent = { type: 'provider_item', item: { thought: callId }, lasting: true };
    return [call, own, ...rest, thought, end()];
  };
  const { threadId, id, next, ask } = await killed(
    { answers: [signed('c1'), hangsAfter()] },
    (api) => api.model.requests.length > 1,
  );
  const api = next([signed('c2'), says('Done.')]);
  await finished(api, threadId, id);
  await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
  for (const [at, ids] of [
    [0, ['c1']],
    [1, ['c1', 'c2']],
    [2, ['c1', 'c2']],
  ] as const) {
    const sent = JSON.stringify(api.model.requests[at]?.items);
    for (const each of ids) {
      expect(sent.split(`"own":{"signed":"${each}"}`)).toHaveLength(2);
      expect(sent.split(`"item":{"thought":"${each}"}`)).toHaveLength(2);
    }
  }
});
