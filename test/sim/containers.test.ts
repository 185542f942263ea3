import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ResponsesServer, startResponses } from './responses.ts';

let server: ResponsesServer;
let client: OpenAI;
beforeAll(async () => {
  server = await startResponses();
  client = new OpenAI({ baseURL: server.url, apiKey: 'sk-test', maxRetries: 0 });
});
afterAll(() => server.close());

const ask = (tool: object, more: object = {}) =>
  client.responses.create({
    model: 'sim-small',
    input: 'Hi',
    tools: [tool as OpenAI.Responses.Tool],
    ...more,
  });

describe('the code interpreter', () => {
  it.each([
    [{ type: 'code_interpreter' }, /Missing required parameter: 'tools\[0\]\.container'/],
    [{ type: 'code_interpreter', container: 'c1' }, /Expected an ID that begins with 'cntr'/],
    [{ type: 'code_interpreter', container: `cntr_${'a'.repeat(60)}` }, /string too long/],
    [{ type: 'code_interpreter', container: 'cntr_none' }, /404 Container with id 'cntr_none' not found/],
    [{ type: 'code_interpreter', container: { type: 'new' } }, /Supported values are: 'auto'/],
    [
      { type: 'code_interpreter', container: { type: 'auto', files: [] } },
      /Unknown parameter: 'tools\[0\]\.container\.files'/,
    ],
    [{ type: 'code_interpreter', container: { type: 'auto', memory_limit: '2g' } }, /Invalid value: '2g'/],
  ])('is refused as %o', async (tool, message) => {
    await expect(ask(tool)).rejects.toThrow(message);
  });

  it('runs in a container that it makes, and gives its outputs to who asks for them', async () => {
    const tool = { type: 'code_interpreter', container: { type: 'auto', memory_limit: '4g' } };
    server.next({ hosted: [{ code: '1', logs: '1' }] }, { hosted: [{ code: '1', logs: '1' }] });
    const [bare] = (await ask(tool)).output;
    expect(bare).toMatchObject({ type: 'code_interpreter_call', outputs: null });
    const [whole] = (await ask(tool, { include: ['code_interpreter_call.outputs'] })).output;
    expect(whole).toMatchObject({ outputs: [{ type: 'logs', logs: '1' }] });
    expect(server.containers.all.map(({ memory }) => memory)).toEqual(['4g', '4g']);
  });
});

describe('a container', () => {
  it('holds files, forgets all of them 20 minutes after its last use, and can be used no more', async () => {
    const { id } = await client.containers.create({ name: 'mine', memory_limit: '16g' });
    const file = await client.containers.files.create(id, {
      file: await toFile(Buffer.from([0, 255, 1]), 'a.bin'),
    });
    expect(file).toMatchObject({ object: 'container.file', bytes: 3, source: 'user', container_id: id });
    expect(file.path).toMatch(/^\/mnt\/data\/\w{32}-a\.bin$/);
    const content = await client.containers.files.content.retrieve(file.id, { container_id: id });
    expect(Buffer.from(await content.arrayBuffer())).toEqual(Buffer.from([0, 255, 1]));
    server.pass(19 * 60_000);
    expect(await client.containers.retrieve(id)).toMatchObject({ status: 'running', memory_limit: '16g' });
    server.pass(19 * 60_000);
    expect(await Array.fromAsync(client.containers.files.list(id))).toEqual([file]);
    server.pass(21 * 60_000);
    expect(await client.containers.retrieve(id)).toMatchObject({ status: 'expired' });
    await expect(client.containers.files.list(id)).rejects.toThrow('400 Container is expired.');
    await expect(client.containers.files.retrieve(file.id, { container_id: id })).rejects.toThrow(
      'Container is expired.',
    );
    await expect(ask({ type: 'code_interpreter', container: id })).rejects.toThrow(
      '400 Container is expired.',
    );
    await client.containers.delete(id);
    await expect(client.containers.retrieve(id)).rejects.toThrow(`404 Container with id '${id}' not found.`);
  });

  it.each([
    [{}, /Missing required parameter: 'name'/],
    [{ name: 'a', memory_limit: '2g' }, /Invalid value: '2g'/],
    [{ name: 'a', expires_after: { anchor: 'created_at', minutes: 5 } }, /Invalid value: 'created_at'/],
    [{ name: 'a', expires_after: { anchor: 'last_active_at', minutes: 60 } }, /Invalid value: 60/],
    [{ name: 'a', size: 1 }, /Unknown parameter: 'size'/],
  ])('is not made of %o', async (body, message) => {
    await expect(client.post('/containers', { body })).rejects.toThrow(message);
  });

  it('wants its own calls back and no other’s', async () => {
    const { id } = await client.containers.create({ name: 'mine' });
    const call = {
      type: 'code_interpreter_call',
      id: 'ci_1',
      code: '1',
      container_id: 'cntr_other',
      outputs: [],
      status: 'completed',
    };
    const input = [{ role: 'user', content: 'Hi' }, call];
    await expect(ask({ type: 'code_interpreter', container: id }, { input })).rejects.toThrow(
      'Expected container_id: cntr_other',
    );
    await expect(
      ask(
        { type: 'code_interpreter', container: id },
        { input: [{ ...call, container_id: id, outputs: undefined }] },
      ),
    ).rejects.toThrow(/Missing required parameter: 'input\[0\]\.outputs'/);
  });
});
