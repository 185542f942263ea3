import { toFile } from 'openai';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import { describe, expect, test } from 'vitest';
import { transcript } from '../assistants-api.ts';
import { until } from '../background/scene.ts';
import { add, answer, asked, codeIn, over, PNG, scene, shownIn, thread } from './scene.ts';

const upload = async (api: { client: import('openai').default }, name: string, text: string) =>
  (await api.client.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'assistants' })).id;

describe('code that the provider runs', () => {
  test('is shown as our own Python’s is: step by step, with its output, pictures and files', async () => {
    const { server, open } = await scene(
      {},
      {
        reasoning: 'Count.',
        hosted: [
          {
            says: 'Let me count.',
            code: 'x = 6 * 7\r\nprint(x)',
            logs: '42',
            writes: { '/mnt/data/my table.csv': Buffer.from('a,b') },
          },
          { code: 'draw()', shows: [PNG] },
        ],
        text: 'It is 42: [table](sandbox:/mnt/data/my%20table.csv)',
        usage: { prompt: 100, completion: 20 },
      },
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { run, steps, messages } = await answer(api, threadId, ask);
    expect(run).toMatchObject({ status: 'completed', last_error: null, usage: { total_tokens: 120 } });
    expect(steps.map(({ type, status }) => [type, status])).toEqual([
      ['message_creation', 'completed'],
      ['tool_calls', 'completed'],
      ['tool_calls', 'completed'],
      ['message_creation', 'completed'],
    ]);
    expect(await codeIn(api, steps)).toEqual([
      { input: 'x = 6 * 7\nprint(x)', outputs: ['42'] },
      { input: 'draw()', outputs: [{ image: 'image.png' }] },
    ]);
    expect(messages).toHaveLength(2);
    expect(await Promise.all(messages.map((message) => shownIn(api, message)))).toEqual([
      { content: [{ text: 'Let me count.', links: [] }], attached: [] },
      {
        content: [
          { image: 'image.png' },
          {
            text: 'It is 42: [table](sandbox:/mnt/data/my%20table.csv)',
            links: [{ 'sandbox:/mnt/data/my%20table.csv': 'my table.csv' }],
          },
        ],
        attached: ['my table.csv'],
      },
    ]);
    const [request] = asked(server);
    expect(request).toMatchObject({
      tools: [
        { type: 'code_interpreter', container: server.containers.all[0]?.id },
        { type: 'function', name: 'weather' },
      ],
      include: ['reasoning.encrypted_content', 'code_interpreter_call.outputs'],
      store: false,
    });
    expect(asked(server)).toHaveLength(1);
    expect(api.interpreter.requests).toEqual([]);
    expect(api.errors).toEqual([]);
  });

  test('is streamed as it is written, and a stream takes its steps and messages', async () => {
    const { open } = await scene(
      {},
      { hosted: [{ code: 'a = 1\nprint("ä 🙂", a)', logs: 'ä 🙂 1' }], text: ['It is ', 'one.'] },
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const events: AssistantStreamEvent[] = [];
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    stream.on('event', (event) => void events.push(structuredClone(event)));
    await stream.finalRun();
    const code = events.flatMap((event) => {
      const details = event.event === 'thread.run.step.delta' ? event.data.delta.step_details : undefined;
      const calls = details?.type === 'tool_calls' ? (details.tool_calls ?? []) : [];
      return calls.flatMap((call) => (call.type === 'code_interpreter' ? [call.code_interpreter] : []));
    });
    const inputs = code.flatMap((delta) => delta?.input || []);
    expect(inputs.length).toBeGreaterThan(2);
    expect(inputs.join('')).toBe('a = 1\nprint("ä 🙂", a)');
    expect(code.flatMap((delta) => delta?.outputs ?? [])).toEqual([
      { index: 0, type: 'logs', logs: 'ä 🙂 1' },
    ]);
    const names = events.map(({ event }) => event);
    expect(names.indexOf('thread.run.step.completed')).toBeLessThan(names.indexOf('thread.message.created'));
  });

  test('finds the files of people, and the model is told where they stand', async () => {
    const { server, open } = await scene({}, { text: 'Read.' }, { text: 'Read both.' });
    const { api } = open();
    const first = await upload(api, 'Übersicht März.csv', 'a,b');
    const { threadId, ask } = await thread(api, 'Read it.', [first]);
    await answer(api, threadId, ask);
    await add(api, threadId, 'And this.', [await upload(api, 'more.csv', 'c,d')]);
    await answer(api, threadId, ask);
    const [container] = server.containers.all;
    expect(container?.files.map(({ content }) => content.toString())).toEqual(['a,b', 'c,d']);
    const paths = container?.files.map(({ path }) => path) ?? [];
    const [once, twice] = asked(server).map(({ instructions }) => String(instructions));
    expect(once).toContain(`${paths[0]} (which the conversation calls /mnt/data/Übersicht März.csv)`);
    expect(once).not.toContain('more.csv');
    for (const path of paths) expect(twice).toContain(path);
    expect(server.containers.all).toHaveLength(1);
  });

  test('goes back to the model with the outputs of functions, in the same container', async () => {
    const { server, open } = await scene(
      {},
      {
        reasoning: 'Hm.',
        hosted: [{ code: 'print(1)', logs: '1' }],
        toolCalls: [{ id: 'call_w', name: 'weather', arguments: '{}' }],
      },
      { hosted: [{ code: 'print(2)', logs: '2' }], text: 'Done.' },
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { run } = await answer(api, threadId, ask);
    expect(run.status).toBe('requires_action');
    const calls = run.required_action?.submit_tool_outputs.tool_calls ?? [];
    expect(calls.map(({ function: { name } }) => name)).toEqual(['weather']);
    const outputs = {
      thread_id: threadId,
      tool_outputs: [{ tool_call_id: calls[0]?.id ?? '', output: 'Rain' }],
    };
    const ended = await api.client.beta.threads.runs.submitToolOutputsAndPoll(run.id, outputs, {
      pollIntervalMs: 1,
    });
    expect(ended).toMatchObject({ status: 'completed', usage: { total_tokens: 30 } });
    const input = asked(server)[1]?.input as Record<string, unknown>[];
    expect(input.map(({ type, role }) => type ?? role)).toEqual([
      'user',
      'reasoning',
      'code_interpreter_call',
      'function_call',
      'function_call_output',
    ]);
    expect(input[2]).toMatchObject({ code: 'print(1)', outputs: [{ type: 'logs', logs: '1' }] });
    expect(server.containers.all).toHaveLength(1);
  });

  test('is told to the next run like any call, without the reasoning that only this one could read', async () => {
    const { server, open } = await scene(
      {},
      { reasoning: 'Hm.', hosted: [{ code: 'x = 1\nprint(x)', logs: '1' }], text: 'One.' },
      { text: 'Two.' },
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    await answer(api, threadId, ask);
    await add(api, threadId, 'And then?');
    expect((await answer(api, threadId, ask)).run.status).toBe('completed');
    const input = asked(server)[1]?.input as Record<string, unknown>[];
    expect(input.map(({ type, role }) => type ?? role)).toEqual([
      'user',
      'function_call',
      'function_call_output',
      'assistant',
      'user',
    ]);
    expect(input[1]).toMatchObject({ arguments: '{"code":"x = 1\\nprint(x)"}' });
    expect(input[2]).toMatchObject({ output: '1' });
    expect(String(asked(server)[1]?.instructions)).not.toMatch(/started anew/);
  });

  test('that is demanded is asked of the provider’s own tool', async () => {
    const { server, open } = await scene({}, { hosted: [{ code: '1' }], text: 'One.' });
    const { api } = open();
    const { threadId, ask } = await thread(api);
    await answer(api, threadId, { ...ask, ...{ tool_choice: { type: 'code_interpreter' } } });
    expect(asked(server)[0]?.tool_choice).toEqual({ type: 'code_interpreter' });
  });

  test('beside a function in one answer waits for nobody, and its file is there at the end', async () => {
    const { open } = await scene(
      {},
      {
        hosted: [
          { code: 'save()', logs: 'ok', writes: { '/mnt/data/a.txt': Buffer.from('a') }, isLate: true },
        ],
        text: 'See [a](sandbox:/mnt/data/a.txt).',
      },
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { messages } = await answer(api, threadId, ask);
    const [message] = messages;
    expect(message && (await shownIn(api, message))).toEqual({
      content: [
        { text: 'See [a](sandbox:/mnt/data/a.txt).', links: [{ 'sandbox:/mnt/data/a.txt': 'a.txt' }] },
      ],
      attached: ['a.txt'],
    });
  });

  test('is shown as often as it ran, since it can’t be undone by not making the call', async () => {
    const call = { code: 'roll()', logs: '6' };
    const { open } = await scene({}, { hosted: Array(5).fill(call), text: 'Five sixes.' });
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { run, steps } = await answer(api, threadId, ask);
    expect(run.status).toBe('completed');
    expect(await codeIn(api, steps)).toEqual(Array(5).fill({ input: 'roll()', outputs: ['6'] }));
  });

  test('is counted with the answer that it is a part of, and not part by part', async () => {
    const code = `print(${'1 + '.repeat(100)}1)`;
    const usage = { prompt: 100, completion: 15 };
    const { open } = await scene({}, { hosted: [{ code, logs: '101' }], text: 'It is 101.', usage });
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { run } = await answer(api, threadId, { ...ask, ...{ max_completion_tokens: 20 } });
    expect(run).toMatchObject({ status: 'completed', usage: { prompt_tokens: 100, completion_tokens: 15 } });
  });

  test('comes all at once where the provider streams nothing', async () => {
    const { open } = await scene(
      { refuses: ['stream'] },
      {
        hosted: [
          { code: 'print(1)', logs: '1' },
          { says: 'And:', code: 'print(2)', logs: '2' },
        ],
        text: 'Three.',
      },
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { steps } = await answer(api, threadId, ask);
    expect(await codeIn(api, steps)).toEqual([
      { input: 'print(1)', outputs: ['1'] },
      { input: 'print(2)', outputs: ['2'] },
    ]);
    expect(await transcript(api, threadId)).toEqual(['user: Hello?', 'assistant: And:', 'assistant: Three.']);
  });

  test('goes on after the last event when the connection breaks in the background', async () => {
    for (const cutAt of [4, 7, 9, 11, 14]) {
      const { server, open } = await scene(
        {},
        { hosted: [{ code: 'x = 1\nprint(x)', logs: '1' }], text: 'One.', trouble: { cutAt } },
      );
      const { api } = open({ background: true });
      const { threadId, ask } = await thread(api);
      const { run, steps } = await answer(api, threadId, ask);
      expect(run).toMatchObject({ status: 'completed', last_error: null });
      expect(await codeIn(api, steps)).toEqual([{ input: 'x = 1\nprint(x)', outputs: ['1'] }]);
      expect(asked(server)).toHaveLength(1);
    }
  });

  test.each([true, false])(
    'is ended with its run, also while its files are fetched (in the background: %s)',
    async (background) => {
      const { server, open } = await scene(
        {},
        {
          hosted: [{ code: 'save()', writes: { '/mnt/data/a.txt': Buffer.from('a') } }],
          text: 'Done.',
          trouble: { stallAt: 12 },
        },
      );
      server.containers.fail('GET /containers/{id}/files/{file}/content', { status: 200, body: undefined });
      const { api } = open({ background });
      const { threadId, ask } = await thread(api);
      const { runs } = api.client.beta.threads;
      const { id } = await runs.create(threadId, ask);
      await until(() => server.containers.calls.some((call) => call.endsWith('/content')));
      await runs.cancel(id, { thread_id: threadId });
      expect((await over(api, threadId, id)).run.status).toBe('cancelled');
      await until(() => server.open() === 0);
      if (background) await until(() => server.statuses()[0] !== 'in_progress');
      expect(api.errors).toEqual([]);
    },
  );
});
