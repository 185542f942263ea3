import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { TurnRecord } from '../../../src/conversation/ledger.ts';
import { defineFunction } from '../../../src/functions/modules/define-function.ts';
import { readDefinition } from '../../../src/functions/modules/definition.ts';
import type { TeamFunction } from '../../../src/functions/team-function.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { openServers } from '../../functions/mcp/scene.ts';
import { askingFunction, callsOf } from '../../sim/asking-function.ts';
import { startMcpHttp } from '../../sim/mcp/http-server.ts';
import { anything, type Behaviour, text } from '../../sim/mcp/json-rpc.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { from, openHarness, SeenReply } from '../harness.ts';
import { WAYS } from '../ways.ts';

const QUESTION = [from('Ann', 'reset my vpn')];

/** A module's function that needs its asker's word, and the calls that were made of it. */
function resetVpn(user: z.ZodType = z.string().min(3)) {
  const made: unknown[] = [];
  const { team } = readDefinition(
    defineFunction({
      name: 'reset_vpn',
      description: 'Resets the VPN of somebody.',
      parameters: z.object({ user, force: z.boolean().optional() }),
      approve: 'asker',
      handler: (args) => void made.push(args),
    }),
  );
  if (!team) throw new Error('The function is none.');
  return { team, made };
}

/** What the model was told of its calls, in order. */
const outputs = ({ requests }: ScriptedModel) =>
  (requests.at(-1)?.items ?? []).flatMap((item) => (item.type === 'tool_output' ? [item.output] : []));

/** How often it is looked for questions: at every turn of the event loop, that is most of what a processor does here. */
const LOOK_MS = 5;

const questions = async (store: Store) =>
  Object.values((await store.keyv<TurnRecord>('turns').get('test:1'))?.approvals ?? {});

/** Takes a turn in which the model calls this; whoever is asked says yes. */
async function answered(model: ScriptedModel, functions: readonly TeamFunction[], options: object = {}) {
  const store = memoryStore();
  const harness = await openHarness({ store, model, functions, ...options });
  const reply = new SeenReply();
  const asked = new Set<string>();
  let isOver = false;
  const over = harness.turnInto(reply, QUESTION).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    for (const { id, decision } of await questions(store)) {
      if (decision || asked.has(id)) continue;
      asked.add(id);
      const person = { id: 'ann', name: 'Ann' };
      await harness.approvals.decide({ conversation: 'test:1', approval: id, person, isApproved: true });
    }
    await sleep(LOOK_MS);
  }
  await over;
  return { shown: reply.text, outcome: reply.outcome, asked: asked.size, outputs: outputs(model) };
}

const WRONG: [string, string, RegExp][] = [
  ['miss a field', '{}', /The arguments don't match\. user: /],
  ['are of another type', '{"user":7}', /The arguments don't match\. user: /],
  ['break a rule that only the function knows', '{"user":"a"}', /The arguments don't match\. user: /],
  ['are no JSON', '{"user":', /The arguments are no JSON/],
  ['are no object', '["ann"]', /The arguments must be a JSON object/],
];

test.each(WAYS)(
  'in %s nobody is asked about arguments that are wrong: the model mends them, and then people are',
  async (_, way) => {
    const { team, made } = resetVpn();
    const wishes = [...WRONG.map(([, json]) => json), '{"user":"ann","force":null}'];
    const model = new ScriptedModel(
      callsOf(...WRONG.map(([, json]): [string, string] => ['reset_vpn', json])),
      callsOf(['reset_vpn', '{"user":"ann","force":null}']),
      says('Done.'),
    );
    const seen = await answered(model, [team], await way(model));
    expect(seen.outcome).toEqual({ status: 'completed' });
    expect(seen.asked).toBe(1);
    expect(seen.outputs).toHaveLength(wishes.length);
    for (const [at, [, , words]] of WRONG.entries())
      expect(JSON.parse(seen.outputs[at] ?? '').error).toMatch(words);
    expect(seen.shown.split('May I use')).toHaveLength(2);
    expect(seen.shown).toContain('"user": "ann"');
    expect(made).toEqual([{ user: 'ann' }]);
  },
);

test('of several calls at once people are asked about those that are right, and about these together', async () => {
  const slow = z.string().refine(async (user) => {
    await sleep(user === 'ann' ? 30 : 0);
    return user !== 'bob';
  }, 'There is nobody of that name.');
  const { team, made } = resetVpn(slow);
  const users = ['ann', 'bob', 'cleo'];
  const model = new ScriptedModel(
    callsOf(...users.map((user): [string, string] => ['reset_vpn', JSON.stringify({ user })])),
    says('Done.'),
  );
  const store = memoryStore();
  const harness = await openHarness({ store, model, functions: [team] });
  const reply = new SeenReply();
  const texts: string[] = [];
  reply.onShow = () => texts.push(reply.text);
  const over = harness.turnInto(reply, QUESTION);
  while ((await questions(store)).length < 2) await sleep(LOOK_MS);
  for (const { id } of await questions(store)) {
    const person = { id: 'ann', name: 'Ann' };
    await harness.approvals.decide({ conversation: 'test:1', approval: id, person, isApproved: true });
  }
  await over;
  const first = texts.find((shown) => shown.includes('May I use'));
  expect(first).toMatch(/1: May I use[\s\S]*"ann"[\s\S]*2: May I use[\s\S]*"cleo"/);
  expect(reply.text).not.toContain('bob');
  expect(made).toEqual(expect.arrayContaining([{ user: 'ann' }, { user: 'cleo' }]));
  expect(outputs(model)[1]).toContain('There is nobody of that name.');
});

test.each<[string, () => unknown]>([
  ['throws', () => Promise.reject(new Error('the directory is down'))],
  ['does not end', () => new Promise(() => {})],
])('nobody is asked where the look at the arguments %s', async (_, look) => {
  const { team, made } = resetVpn(z.string().refine(() => look()));
  const model = new ScriptedModel(callsOf(['reset_vpn', '{"user":"ann"}']), says('Sorry.'));
  const seen = await answered(model, [{ ...team, timeoutMs: 20 }]);
  expect(seen).toMatchObject({ asked: 0, outcome: { status: 'completed' } });
  expect(seen.outputs[0]).toMatch(/"error":"(It failed: the directory is down|.*0\.02 seconds)/);
  expect(made).toEqual([]);
});

test('what was asked is made as it was approved, whatever becomes of the look at it meanwhile', async () => {
  const { team, made } = askingFunction();
  let looks = 0;
  const once: TeamFunction = {
    ...team,
    check: async () => {
      if (++looks > 1) throw new Error('It is looked at once.');
    },
  };
  const store = memoryStore();
  const model = new ScriptedModel(callsOf(['reset_vpn', '{"user":"ann"}']));
  const harness = await openHarness({ store, model, functions: [once] });
  const leaving = new AbortController();
  const left = harness.goOn(new SeenReply(), QUESTION, leaving.signal);
  while ((await questions(store)).length < 1) await sleep(LOOK_MS);
  const [question] = await questions(store);
  leaving.abort();
  expect(await left).toBe('left');
  await harness.close();
  const next = await openHarness({ store, model: new ScriptedModel(says('Done.')), functions: [once] });
  const person = { id: 'ann', name: 'Ann' };
  const approval = question?.id ?? '';
  await next.approvals.decide({ conversation: 'test:1', approval, person, isApproved: true });
  expect(await next.goOn(new SeenReply(), QUESTION)).toBe('over');
  expect(looks).toBe(1);
  expect(made).toEqual([{ user: 'ann' }]);
});

const page = {
  type: 'object',
  properties: {
    path: { type: 'string', minLength: 2 },
    // Computes for ages with what follows.
    title: { type: 'string', pattern: '^(a+)+$' },
    kind: { enum: ['wiki', 'blog'] },
  },
  required: ['path'],
  additionalProperties: false,
};

/** A server of tools that need somebody's word, each with a schema. */
async function tools(schemas: Record<string, Readonly<Record<string, unknown>>>) {
  const made: unknown[] = [];
  const behaviour: Behaviour = {
    list: () => ({ tools: Object.entries(schemas).map(([name, inputSchema]) => ({ name, inputSchema })) }),
    run: () => (args) => {
      made.push(args);
      return text('It is done.');
    },
  };
  const sim = await startMcpHttp(behaviour);
  const { source } = await openServers({ wiki: { url: sim.url, approve: { '*': 'asker' } } });
  return { sim, made, functions: source('wiki').functions };
}

test.each(WAYS)('in %s so is it with a tool of an MCP server', async (_, way) => {
  const { sim, made, functions } = await tools({ write: page });
  await using _sim = { [Symbol.asyncDispose]: () => sim.close() };
  const wrong = ['{}', '{"path":"ab","page":1}', '{"path":"ab","kind":"book"}'];
  const model = new ScriptedModel(
    callsOf(...wrong.map((json): [string, string] => ['wiki__write', json])),
    callsOf(['wiki__write', `{"path":"ab","title":"${'a'.repeat(40)}!"}`]),
    says('Done.'),
  );
  const seen = await answered(model, functions, await way(model));
  expect(seen).toMatchObject({ asked: 1, outcome: { status: 'completed' } });
  expect(made).toEqual([{ path: 'ab', title: `${'a'.repeat(40)}!` }]);
  const errors = seen.outputs.slice(0, wrong.length).map((output) => JSON.parse(output).error);
  expect(errors).toEqual([
    'The arguments don\'t match. as a whole: Instance does not have required property "path". Call it again with others.',
    "The arguments don't match. page: there is no such parameter. Call it again with others.",
    'The arguments don\'t match. kind: Instance does not match any of ["wiki","blog"]. Call it again with others.',
  ]);
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['names another document', { type: 'object', properties: { path: { $ref: 'http://127.0.0.1:1/path' } } }],
  ['leads back to itself', { $ref: '#', type: 'object' }],
  ['is of a dialect that nobody knows', { $schema: 'https://example.com/mine', type: 'object' }],
  ['says nothing', anything],
  [
    'has its rules for names in expressions',
    { type: 'object', patternProperties: { '^(p+)+$': { type: 'string' } }, additionalProperties: false },
  ],
  [
    'has a field that is called as a rule is',
    { type: 'object', properties: { path: {}, pattern: { type: 'string' } }, required: ['path'] },
  ],
])('where the schema of a tool %s, people are asked, and its server has the last word', async (_, schema) => {
  const { sim, made, functions } = await tools({ write: schema });
  await using _sim = { [Symbol.asyncDispose]: () => sim.close() };
  const model = new ScriptedModel(callsOf(['wiki__write', '{"path":"ab"}']), says('Done.'));
  expect(await answered(model, functions)).toMatchObject({ asked: 1, outputs: ['It is done.'] });
  expect(made).toEqual([{ path: 'ab' }]);
});
