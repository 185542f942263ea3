import { toFile } from 'openai';
import { expect, test } from 'vitest';
import type { Fetch } from '../../src/assistants/in-process-fetch.ts';
import { cites, found, mark, search } from '../reply/sources/citing.ts';
import { ScriptedModel, says } from '../sim/scripted-model.ts';
import { type SearchingRun, searchingServer } from '../sim/searching-server.ts';
import { from, openHarness } from './harness.ts';

/** The bot before a server that searches, and the calls for files that it makes there. */
async function open(run: SearchingRun) {
  const calls: string[] = [];
  const counted =
    (fetch: Fetch): Fetch =>
    (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      if (pathname.startsWith('/v1/files/')) calls.push(pathname.slice('/v1/files/'.length));
      return fetch(input, init);
    };
  const network = (fetch: Fetch) => counted(searchingServer([run])(fetch));
  return { ...(await openHarness({ model: new ScriptedModel(says('Unused.')), network })), calls };
}

test('where a server tells files’ ids alone their names are asked for, once each, and one that is gone has none', async () => {
  const content: Parameters<typeof cites> = [];
  const run: SearchingRun = { items: [{ calls: [search()] }, { content: [] }] };
  const { client, turn, calls } = await open(run);
  const file = await toFile(Buffer.from('text'), 'handbook_v2.md');
  const { id } = await client.files.create({ file, purpose: 'assistants' });
  content.push('A', { mark: '【4:0†source】', file: id }, ', B', { mark: '【4:1†source】', file: id });
  content.push(', C', { mark: '【4:2†source】', file: 'file-gone' }, '.');
  run.items[1] = { content: [cites(...content)] };
  const reply = await turn([from('Ann', 'What?')]);
  expect(reply.text).toBe(
    'A[1], B[2], C[3].\n\n**Sources**\n- [1] [2] handbook_v2.md\n- [3] a document without a name',
  );
  expect(reply.outcome).toEqual({ status: 'completed' });
  expect(calls.toSorted()).toEqual([id, 'file-gone'].toSorted());
});

test('where the search has told the names of files nobody is asked', async () => {
  const { place: _, headings: __, ...told } = found('fees.csv');
  const run = { items: [{ calls: [search(told)] }, { content: [cites('A', mark(9, 9, 'fees.csv'), '.')] }] };
  const { turn, calls } = await open(run);
  expect((await turn([from('Ann', 'What?')])).text).toBe('A[1].\n\n**Sources**\n- [1] fees.csv');
  expect(calls).toEqual([]);
});
