import { toFile } from 'openai';
import { describe, expect, test } from 'vitest';
import type { ResponsesServer } from '../../../sim/responses.ts';
import { until } from '../background/scene.ts';
import { add, answer, asked, codeIn, PNG, scene, shownIn, thread } from './scene.ts';

const MINUTE = 60_000;
const KEY = { headers: { authorization: 'Bearer x' } };
const FRESH = /Python was started anew: variables/;

const upload = async (api: { client: import('openai').default }, name: string, text: string) =>
  (await api.client.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'assistants' })).id;

const code = (logs: string) => ({ hosted: [{ code: `print(${logs})`, logs }], text: `It is ${logs}.` });

describe('a thread’s container', () => {
  const expire = (server: ResponsesServer) => server.pass(21 * MINUTE);
  const drop = (server: ResponsesServer) =>
    fetch(`${server.url}/containers/${server.containers.all[0]?.id}`, { ...KEY, method: 'DELETE' });

  test.each([
    ['was not used for 20 minutes', false, expire, []],
    ['is said to be expired', true, expire, []],
    ['is said to be gone', true, drop, []],
    ['is said to be expired when a file is brought there', true, expire, ['more.csv']],
  ] as const)(
    'that %s is replaced by one with the same files, and the model is told',
    async (_, isBehind, go, more) => {
      const { server, open } = await scene({}, code('1'), code('2'), code('3'));
      const { api } = open({ isBehind });
      const { threadId, ask } = await thread(api, 'Read.', [await upload(api, 'data.csv', 'data.csv')]);
      await answer(api, threadId, ask);
      await add(api, threadId, 'Again.', await Promise.all(more.map((name) => upload(api, name, name))));
      await go(server);
      const { run, steps } = await answer(api, threadId, ask);
      expect(run).toMatchObject({ status: 'completed', last_error: null });
      expect(await codeIn(api, steps)).toEqual([{ input: 'print(2)', outputs: ['2'] }]);
      const container = server.containers.all.at(-1);
      expect(container?.files.map(({ content }) => content.toString())).toEqual(['data.csv', ...more]);
      const request = asked(server).at(-1);
      expect(request?.tools).toContainEqual({ type: 'code_interpreter', container: container?.id });
      expect(request?.instructions).toMatch(FRESH);
      expect(request?.instructions).toContain(container?.files[0]?.path);
      await add(api, threadId, 'And again.');
      await answer(api, threadId, ask);
      expect(asked(server).at(-1)?.instructions).not.toMatch(FRESH);
      expect(server.containers.all.at(-1)).toBe(container);
      expect(api.problems).toEqual([]);
    },
  );

  test('that lives longer than we know is kept', async () => {
    const { server, open } = await scene({}, code('1'), code('2'));
    const { api } = open();
    const { threadId, ask } = await thread(api);
    await answer(api, threadId, ask);
    await add(api, threadId, 'Again.');
    server.pass(19 * MINUTE);
    await fetch(`${server.url}/containers/${server.containers.all[0]?.id}`, {
      headers: { authorization: 'Bearer x' },
    });
    server.pass(2 * MINUTE);
    await answer(api, threadId, ask);
    expect(server.containers.all).toHaveLength(1);
    expect(asked(server)).toHaveLength(2);
  });

  test('that is gone while a function is waited for takes neither the run nor what was done along', async () => {
    const { server, open } = await scene(
      {},
      {
        reasoning: 'Hm.',
        hosted: [{ code: 'print(1)', logs: '1' }],
        toolCalls: [{ id: 'call_w', name: 'weather', arguments: '{}' }],
      },
      code('2'),
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { run } = await answer(api, threadId, ask);
    server.pass(21 * MINUTE);
    const outputs = { thread_id: threadId, tool_outputs: [{ tool_call_id: 'call_w', output: 'Rain' }] };
    const ended = await api.client.beta.threads.runs.submitToolOutputsAndPoll(run.id, outputs, {
      pollIntervalMs: 1,
    });
    expect(ended).toMatchObject({ status: 'completed', last_error: null });
    const input = asked(server).at(-1)?.input as Record<string, unknown>[];
    expect(input.map(({ type, role }) => type ?? role)).toEqual([
      'user',
      'function_call',
      'function_call_output',
      'function_call',
      'function_call_output',
    ]);
    expect(asked(server).at(-1)?.instructions).toMatch(FRESH);
  });

  test('is one of its own for each thread, and another process goes on in it', async () => {
    const { server, open } = await scene({}, code('1'), code('2'), code('3'));
    const [one, two] = [open().api, open().api];
    const { threadId, ask } = await thread(one);
    const other = await thread(one);
    await answer(one, threadId, ask);
    await answer(one, other.threadId, other.ask);
    await add(two, threadId, 'Again.');
    await answer(two, threadId, ask);
    const used = asked(server).map(({ tools }) => (tools as { container: string }[])[0]?.container);
    expect(used[0]).toBe(used[2]);
    expect(new Set(used).size).toBe(2);
  });

  test('goes with the thread, with an answer that is deleted, and with a file', async () => {
    const { server, open } = await scene({}, code('1'), code('2'), code('3'));
    const { api } = open();
    const { client } = api;
    const file = await upload(api, 'data.csv', 'a,b');
    const { threadId, ask } = await thread(api, 'Read.', [file]);
    const first = await answer(api, threadId, ask);
    expect(server.containers.all).toHaveLength(1);
    await client.delete(`/threads/${threadId}/runs/${first.run.id}`, {
      headers: { 'OpenAI-Beta': 'assistants=v2' },
    });
    expect(server.containers.all).toEqual([]);
    await answer(api, threadId, ask);
    expect(server.containers.all).toHaveLength(1);
    await client.files.delete(file);
    expect(server.containers.all).toEqual([]);
    await add(api, threadId, 'Again.');
    await answer(api, threadId, ask);
    expect(server.containers.all.map(({ files }) => files)).toEqual([[]]);
    await client.beta.threads.delete(threadId);
    expect(server.containers.all).toEqual([]);
    expect(await api.state.containers?.remove(threadId)).toBeUndefined();
  });
});

describe('a picture', () => {
  const SAVED = { '/mnt/data/chart.png': Buffer.concat([PNG, Buffer.from('saved')]) };
  test.each([
    [
      'that is shown comes once, though the container has it as a file, too',
      { shows: [PNG] },
      [/^image\.png$/],
    ],
    ['that is saved and shown comes once, under its name', { shows: [PNG], writes: SAVED }, [/^chart\.png$/]],
    [
      'that is shown beside a saved one comes, too',
      { shows: [PNG, Buffer.concat([PNG, Buffer.from('2')])], writes: SAVED },
      [/^chart\.png$/, /^image\.png$/, /^image-2\.png$/],
    ],
    ['that becomes a file late comes once', { shows: [PNG], isLate: true }, [/^image\.png$/]],
  ])('%s', async (_, call, names) => {
    const { open } = await scene({}, { hosted: [{ code: 'draw()', ...call }], text: 'Here.' });
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { steps, messages } = await answer(api, threadId, ask);
    const images = names.map((name) => ({ image: expect.stringMatching(name) }));
    expect(await codeIn(api, steps)).toEqual([{ input: 'draw()', outputs: images }]);
    const [message] = messages;
    expect(message && (await shownIn(api, message)).content).toEqual([
      ...images,
      { text: 'Here.', links: [] },
    ]);
  });

  test('that no data comes of is fetched with the message, and no address is asked that is not the provider’s', async () => {
    const draws = { code: 'draw()', shows: [PNG], showsElsewhere: true as const };
    const { open } = await scene({}, { hosted: [draws], text: 'Here.' });
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { messages } = await answer(api, threadId, ask);
    const [message] = messages;
    expect(message && (await shownIn(api, message)).content).toEqual([
      { text: 'Here.', links: [] },
      { image: expect.stringMatching(/^cfile_\w+\.png$/) },
    ]);
  });
});

/** The frames of a call with one word of code, after created and in_progress. */
const BEFORE_SECOND_CALL = 9;

test('a file that is written anew comes anew, and one that was not does not', async () => {
  const write = (text: string) => ({ '/mnt/data/a.txt': Buffer.from(text) });
  const { server, open } = await scene();
  const fetched = (count: number) => () =>
    server.containers.calls.filter((call) => call.endsWith('/content')).length === count;
  server.next(
    {
      trouble: { waitAt: { frame: BEFORE_SECOND_CALL, for: until(fetched(2)) } },
      hosted: [
        { code: '1', writes: { ...write('one'), '/mnt/data/sub/b.txt': Buffer.from('b') } },
        { code: '2', writes: write('other'), logs: 'ok' },
      ],
      text: 'See sandbox:/mnt/data/a.txt and sandbox:/mnt/data/sub/b.txt',
    },
    { text: 'Again: sandbox:/mnt/data/sub/b.txt' },
  );
  const { api } = open();
  const { threadId, ask } = await thread(api);
  const { messages } = await answer(api, threadId, ask);
  const contentsOf = async (message = messages[0]) =>
    Promise.all(
      (message?.attachments ?? []).map(async ({ file_id: id = '' }) =>
        String(await api.state.contents.get(id)),
      ),
    );
  expect(await contentsOf()).toEqual(['one', 'b', 'other']);
  const newest = messages[0]?.content[0];
  const linked = newest?.type === 'text' ? newest.text.annotations : [];
  const ids = linked.map((link) => (link.type === 'file_path' ? link.file_path.file_id : ''));
  expect(await Promise.all(ids.map(async (id) => String(await api.state.contents.get(id))))).toEqual([
    'other',
    'b',
  ]);
  await add(api, threadId, 'Again?');
  const again = await answer(api, threadId, ask);
  expect(await contentsOf(again.messages[0])).toEqual(['b']);
  expect(server.containers.all).toHaveLength(1);
});
