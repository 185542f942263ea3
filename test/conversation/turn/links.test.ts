import { expect, test } from 'vitest';
import type { Fetch } from '../../../src/assistants/in-process-fetch.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Limits } from '../../../src/view.ts';
import { hangsAfter, ScriptedModel, says, text } from '../../sim/scripted-model.ts';
import { from, openHarness, SeenReply } from '../harness.ts';

const KNOWN = 'https://known.example/page';
const OTHER = 'https://other.example/page';

/** A reply on a platform that makes links of addresses. */
class LinkingReply extends SeenReply {
  override readonly limits: Limits = {
    characters: Number.POSITIVE_INFINITY,
    tables: 'markdown',
    autolinks: 'addresses',
  };
}

test('what was written before is known to the process that goes on with a turn, and for an answer that is given anew', async () => {
  const store = memoryStore();
  const first = await openHarness({
    store,
    model: new ScriptedModel(says('Yes.'), hangsAfter(text('See '))),
  });
  await first.turn([from('Ann', `mine is ${KNOWN}`)]);
  const question = [from('Ann', 'which?')];
  const leaving = new AbortController();
  const reply = new LinkingReply();
  const left = first.goOn(reply, question, leaving.signal);
  await expect.poll(() => reply.text).toBe('See');
  leaving.abort();
  await left;
  await first.close();
  const next = await openHarness({ store, model: new ScriptedModel(says(`See ${KNOWN} and ${OTHER}`)) });
  const seen = new LinkingReply();
  await next.goOn(seen, question);
  expect(seen.text).toBe(`See ${KNOWN} and \`${OTHER}\``);
  const anew = await next.turnInto(new LinkingReply(), [{ ...from('Ann', ''), regenerate: true }]);
  expect(anew.text).toBe(`See ${KNOWN} and \`${OTHER}\``);
});

test('what is said in the context of a call and in the instructions is known', async () => {
  const { client, turnInto } = await openHarness({
    model: new ScriptedModel(says(`${KNOWN} ${OTHER} ${OTHER}/x`)),
  });
  const [assistant] = (await client.beta.assistants.list()).data;
  await client.beta.assistants.update(assistant?.id ?? '', { instructions: `Point to ${KNOWN}.` });
  const context = [{ author: 'Ben', text: `It is at ${OTHER}, I think` }];
  const { text } = await turnInto(new LinkingReply(), [{ ...from('Ann', 'Where?'), context }]);
  expect(text).toBe(`${KNOWN} ${OTHER} \`${OTHER}/x\``);
});

/** A server whose runs have searched; it tells what they found only to who asks for it. */
function hasFound(passage: string) {
  return (fetch: Fetch): Fetch =>
    async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (!/\/runs\/[^/]+\/steps$/.test(url.pathname)) return fetch(input, init);
      const content = url.search.includes('include') && { content: [{ type: 'text', text: passage }] };
      const results = [{ file_id: 'file-1', file_name: 'handbook.md', score: 0.9, ...content }];
      const call = { id: 'call_1', type: 'file_search', file_search: { results } };
      const details = { type: 'tool_calls', tool_calls: [call] };
      const step = { id: 'step_1', object: 'thread.run.step', status: 'completed', step_details: details };
      return Response.json({ object: 'list', data: [step], has_more: false });
    };
}

test('what a search has found is known, as far as the server tells it', async () => {
  const { turnInto } = await openHarness({
    model: new ScriptedModel(says(`${KNOWN}, ${OTHER}`)),
    network: hasFound(`Look at <a href="${KNOWN}">this page</a>.`),
  });
  expect((await turnInto(new LinkingReply(), [from('Ann', 'Where?')])).text).toBe(`${KNOWN}, \`${OTHER}\``);
});

test('where the server does not tell what was said before, an answer arrives whole, without links', async () => {
  const fails =
    (fetch: Fetch): Fetch =>
    async (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      return /\/steps$|\/assistants\/[^/]+$/.test(pathname)
        ? Response.json({ error: { message: 'no' } }, { status: 500 })
        : fetch(input, init);
    };
  const { turnInto } = await openHarness({
    model: new ScriptedModel(says(`One ${OTHER} `, 'and more.')),
    network: fails,
  });
  const { text, outcome } = await turnInto(new LinkingReply(), [from('Ann', 'Where?')]);
  expect(text).toBe(`One \`${OTHER}\` and more.`);
  expect(outcome).toEqual({ status: 'completed' });
});
