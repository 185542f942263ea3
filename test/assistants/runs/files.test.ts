import { toFile } from 'openai';
import { describe, expect, test } from 'vitest';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { end, python, ScriptedModel, says, text } from '../../sim/scripted-model.ts';
import { conversation, openApi, type TestApi } from './assistants-api.ts';

async function upload({ client }: TestApi, name: string, content: string): Promise<string> {
  const file = await toFile(Buffer.from(content), name);
  return (await client.files.create({ file, purpose: 'assistants' })).id;
}

const forCode = (file_id: string) => ({ file_id, tools: [{ type: 'code_interpreter' as const }] });

describe('files that messages attach', () => {
  test('are given to the code, each under a name of its own, and the model is told the names', async () => {
    const model = new ScriptedModel([...python('read'), end()], says('Read.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const ids = [await upload(api, 'x.csv', 'a,b'), await upload(api, 'x.csv', 'c,d')];
    for (const id of ids) {
      await api.client.beta.threads.messages.create(threadId, {
        role: 'user',
        content: 'Here.',
        attachments: [forCode(id)],
      });
    }
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const files = api.interpreter.requests[0]?.files ?? [];
    expect(files.map(({ name }) => name)).toEqual(['x.csv', `x-${ids[1]}.csv`]);
    const contents = await Promise.all(files.map(({ read }) => read()));
    expect(contents.map((bytes) => Buffer.from(bytes).toString())).toEqual(['a,b', 'c,d']);
    const told = JSON.stringify(model.requests[0]?.items);
    expect(told).toContain('[Attached file: /mnt/data/x.csv]');
    expect(told).toContain(`[Attached file: /mnt/data/x-${ids[1]}.csv]`);
    expect(model.requests[0]?.tools[0]?.description).toContain('/mnt/data/x.csv');
    const thread = await api.client.beta.threads.retrieve(threadId);
    expect(thread.tool_resources?.code_interpreter?.file_ids).toEqual(ids);
  });

  test('keep their names in later runs', async () => {
    const model = new ScriptedModel(
      [...python('1', 'c1'), end()],
      says('.'),
      [...python('2', 'c2'), end()],
      says('.'),
    );
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const { messages, runs } = api.client.beta.threads;
    for (const content of ['old', 'new']) {
      const id = await upload(api, 'x.csv', content);
      await messages.create(threadId, { role: 'user', content, attachments: [forCode(id)] });
      await runs.stream(threadId, ask).finalRun();
    }
    const [first, second] = api.interpreter.requests.map(({ files }) => files.map(({ name }) => name));
    expect(first).toEqual(['x.csv']);
    expect(second?.[0]).toBe('x.csv');
    expect(second).toHaveLength(2);
  });

  test('stay there for code when a run without code comes first', async () => {
    const model = new ScriptedModel(says('Nice.'), [...python('read'), end()], says('Read.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const { messages, runs } = api.client.beta.threads;
    const id = await upload(api, 'x.csv', 'a,b');
    await messages.create(threadId, { role: 'user', content: 'Here.', attachments: [forCode(id)] });
    await runs.stream(threadId, { ...ask, tools: [] }).finalRun();
    const truncation_strategy = { type: 'last_messages' as const, last_messages: 1 };
    const additional_messages = [{ role: 'user' as const, content: 'Now read it.' }];
    await runs.stream(threadId, { ...ask, additional_messages, truncation_strategy }).finalRun();
    expect(api.interpreter.requests[0]?.files.map(({ name }) => name)).toEqual(['x.csv']);
  });

  test('that no tool of the run can open are named so', async () => {
    const model = new ScriptedModel(says('.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const id = await upload(api, 'x.csv', '1');
    await api.client.beta.threads.messages.create(threadId, {
      role: 'user',
      content: 'Here.',
      attachments: [forCode(id)],
    });
    await api.client.beta.threads.runs.stream(threadId, { ...ask, tools: [] }).finalRun();
    expect(JSON.stringify(model.requests[0]?.items)).toContain('cannot be opened');
  });

  test('that are images in the message itself go to the model as data', async () => {
    const model = new ScriptedModel(says('A dot.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const file_id = await upload(api, 'dot.png', 'png');
    await api.client.beta.threads.messages.create(threadId, {
      role: 'user',
      content: [{ type: 'image_file', image_file: { file_id, detail: 'low' } }],
    });
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(model.requests[0]?.items.at(-1)).toEqual({
      type: 'message',
      role: 'user',
      content: [
        {
          type: 'image',
          url: `data:image/png;base64,${Buffer.from('png').toString('base64')}`,
          detail: 'low',
        },
      ],
    });
  });
});

describe('files that the code writes', () => {
  const files = ['plot.png', 'my table.csv', 'b.csv'].map((name) => ({ name, bytes: Buffer.from(name) }));
  const interpreter = () => new ScriptedInterpreter({ draw: { prints: ['drawn\n'], files } });

  test('are kept; images stand in the call’s outputs, and links in the answer point to files', async () => {
    const answer = 'See [it](sandbox:/mnt/data/my%20table.csv) and /mnt/data/b.csv, not /mnt/data/b.csvx.';
    const model = new ScriptedModel(
      [...python('draw'), end()],
      [text(answer.slice(0, 20)), text(answer.slice(20)), end()],
    );
    const api = openApi(model, { interpreter: interpreter() });
    const { threadId, ask } = await conversation(api);
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    const annotated: unknown[] = [];
    stream.on('textDelta', (delta) => annotated.push(...(delta.annotations ?? [])));
    const run = await stream.finalRun();
    const kept = (await api.client.files.list({ order: 'asc' })).data;
    expect(kept.map(({ filename, purpose }) => `${filename} ${purpose}`)).toEqual([
      'plot.png assistants_output',
      'my table.csv assistants_output',
      'b.csv assistants_output',
    ]);
    const [plot, table, b] = kept.map(({ id }) => id);

    const steps = await api.client.beta.threads.runs.steps.list(run.id, {
      thread_id: threadId,
      order: 'asc',
    });
    expect(steps.data[0]?.step_details).toMatchObject({
      tool_calls: [
        { code_interpreter: { outputs: [{ logs: 'drawn\n' }, { type: 'image', image: { file_id: plot } }] } },
      ],
    });
    const [message] = await stream.finalMessages();
    const [image, content] = message?.content ?? [];
    expect(image).toEqual({ type: 'image_file', image_file: { file_id: plot } });
    if (content?.type !== 'text') throw new Error('no text');
    expect(content.text.annotations.map((a) => [a.text, 'file_path' in a && a.file_path.file_id])).toEqual([
      ['sandbox:/mnt/data/my%20table.csv', table],
      ['/mnt/data/b.csv', b],
    ]);
    for (const { start_index, end_index, text: quoted } of content.text.annotations)
      expect(answer.slice(start_index, end_index)).toBe(quoted);
    expect(annotated).toHaveLength(2);
    expect(message?.attachments?.map(({ file_id }) => file_id)).toEqual([table, b]);
    expect(model.requests[1]?.items.at(-1)).toMatchObject({
      output: 'drawn\n\n[Files written: /mnt/data/plot.png, /mnt/data/my table.csv, /mnt/data/b.csv]',
    });
    const bytes = await (await api.client.files.content(table ?? '')).text();
    expect(bytes).toBe('my table.csv');
  });

  test('that are images begin the next message, once each, as the SDK’s handlers await them', async () => {
    const model = new ScriptedModel(
      [...python('draw', 'c1'), end()],
      [text('Drawn.'), ...python('print(1)', 'c2'), end()],
      says('Done.'),
      says('Again.'),
    );
    const api = openApi(model, { interpreter: interpreter() });
    const { threadId, ask } = await conversation(api);
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    const seen: string[] = [];
    stream.on('imageFileDone', ({ file_id }) => void seen.push(file_id));
    stream.on('textCreated', () => void seen.push('text'));
    const [first, second] = await stream.finalMessages();
    const [plot] = (await api.client.files.list({ order: 'asc' })).data;
    expect(seen.sort()).toEqual([plot?.id, 'text', 'text'].sort());
    expect(first?.content.map(({ type }) => type)).toEqual(['image_file', 'text']);
    expect(second?.content.map(({ type }) => type)).toEqual(['text']);

    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const told = model.requests[3]?.items.filter(
      (item) => item.type === 'message' && item.role === 'assistant',
    );
    expect(told).toEqual(
      ['Drawn.', 'Done.'].map((value) => ({
        type: 'message',
        role: 'assistant',
        content: [{ type: 'text', text: value }],
      })),
    );
  });
});
