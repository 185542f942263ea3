import { setImmediate as tick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { polledRun, streamedRun } from '../../../src/conversation/run/run.ts';
import { LONGEST_OUTPUT } from '../../../src/functions/output/output.ts';
import {
  FunctionError,
  type FunctionResult,
  type TeamFunction,
} from '../../../src/functions/team-function.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { View } from '../../../src/view.ts';
import { team } from '../../functions/team.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { calls, end, python, ScriptedModel, says } from '../../sim/scripted-model.ts';
import { from, openHarness, SeenReply } from '../harness.ts';

const text = (told: string): FunctionResult => ({ text: told });

/** What the model was told of its calls, by the calls' ids. */
function outputs(model: ScriptedModel): Record<string, string> {
  const items = model.requests.at(-1)?.items ?? [];
  return Object.fromEntries(
    items.flatMap((item) => (item.type === 'tool_output' ? [[item.callId, item.output]] : [])),
  );
}

/** What a call that goes wrong is told to be. */
function errorOf(model: ScriptedModel, callId: string): string {
  return JSON.parse(outputs(model)[callId] ?? '{}').error;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await tick();
}

test.each([
  ['streamed', streamedRun],
  ['polled', polledRun],
])(
  'several calls are made at once, each in its context, and the answer goes on with what they gave: %s',
  async (_, follow) => {
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const asked: unknown[] = [];
    const lookUp = team('look_up', async (args, { asker, conversation }) => {
      asked.push({ args, asker, conversation });
      if (++begun === 2) both.resolve();
      await both.promise;
      return text(`found ${JSON.stringify(args)}`);
    });
    const model = new ScriptedModel(
      [...calls('look_up', '{"what":"a"}', 'c1', 0), ...calls('look_up', '{"what":"b"}', 'c2', 1), end()],
      says('Both are here.'),
    );
    const { turn } = await openHarness({ model, functions: [lookUp], follow });
    const reply = await turn([from('Ann', 'a?'), from('Bob', 'and b?')]);
    expect(reply).toMatchObject({ text: 'Both are here.', outcome: { status: 'completed' } });
    expect(outputs(model)).toEqual({ c1: 'found {"what":"a"}', c2: 'found {"what":"b"}' });
    const about = { asker: { id: 'bob', name: 'Bob' }, conversation: 'test:1' };
    expect(asked).toEqual([
      { args: { what: 'a' }, ...about },
      { args: { what: 'b' }, ...about },
    ]);
    expect(model.requests[0]?.tools.map(({ name }) => name)).toEqual(['code_interpreter', 'look_up']);
  },
);

test('what goes wrong is told to the model in words that it can mend, and the turn goes on', async () => {
  const failing = [
    team('refuses', async () => {
      throw new FunctionError('There is nobody called Bob. Ask for the user name.');
    }),
    team('fails', async () => {
      throw new Error('password of the database: hunter2');
    }),
    team('hangs', () => new Promise(() => {}), { timeoutMs: 20 }),
    team('throws', () => {
      throw new TypeError('at once');
    }),
  ];
  const names = ['refuses', 'fails', 'hangs', 'throws', 'is_not_there'];
  const wrong = ['{"a":', '[1]', 'null', '"{}"', ''];
  const model = new ScriptedModel(
    [
      ...names.flatMap((name, at) => calls(name, '{}', name, at)),
      ...wrong.flatMap((json, at) => calls('refuses', json, `wrong_${at}`, names.length + at)),
      end(),
    ],
    says('So it goes.'),
  );
  const { turn } = await openHarness({ model, functions: failing });
  expect(await turn([from('Ann', 'go')])).toMatchObject({
    text: 'So it goes.',
    outcome: { status: 'completed' },
  });
  expect(errorOf(model, 'refuses')).toBe('There is nobody called Bob. Ask for the user name.');
  for (const name of ['fails', 'throws']) {
    expect(errorOf(model, name)).toMatch(/^This call failed, and only the log says why/);
  }
  expect(errorOf(model, 'hangs')).toMatch(/longer than 0.02 seconds and was given up: it may or may not/);
  expect(outputs(model).is_not_there).toContain('is_not_there');
  for (const id of ['wrong_0', 'wrong_1', 'wrong_2']) expect(errorOf(model, id)).toMatch(/JSON object/);
  for (const id of ['wrong_3', 'wrong_4']) expect(errorOf(model, id)).toContain('nobody called Bob');
});

test('files that a call gives come with the reply, and are gone from the server when it stands', async () => {
  const draw = team('draw', async () => ({
    text: 'drawn',
    files: [{ name: '../chart.png', bytes: Buffer.from('PNG'), description: 'A line that rises' }],
  }));
  const model = new ScriptedModel([...calls('draw', '{}'), end()], says(''));
  const { turn, client } = await openHarness({ model, functions: [draw] });
  const reply = await turn([from('Ann', 'draw')]);
  expect(reply.outcome).toEqual({ status: 'completed' });
  expect(reply.files).toMatchObject([
    { name: 'chart.png', bytes: Buffer.from('PNG'), description: 'A line that rises' },
  ]);
  expect(outputs(model).call_draw).toBe('drawn\n[Attached to the reply, for people to see: chart.png]');
  expect((await client.files.list()).data).toEqual([]);
});

test('a file of a server that takes none, or gives none back, comes all the same', async () => {
  const draw = team('draw', async () => ({ text: '', files: [{ name: 'a.txt', bytes: Buffer.from('A') }] }));
  for (const refused of ['POST', 'GET']) {
    const model = new ScriptedModel([...calls('draw', '{}'), end()], says('Here.'));
    const bot = await openHarness({
      model,
      functions: [draw],
      network: (fetch) => async (input, init) => {
        const isRefused = String(input).includes('/files') && init?.method?.toUpperCase() === refused;
        return isRefused ? Response.json({ error: { message: 'no' } }, { status: 400 }) : fetch(input, init);
      },
    });
    const reply = await bot.turn([from('Ann', 'draw')]);
    expect(reply.files).toMatchObject([{ name: 'a.txt', bytes: Buffer.from('A') }]);
  }
});

test('an output that is too long is cut in the middle, and all of it is attached', async () => {
  const long = Array.from({ length: 30_000 }, (_, line) => `line ${line} 😀`).join('\n');
  const list = team('list', async () => text(long));
  const model = new ScriptedModel([...calls('list', '{}'), end()], says('See the file.'));
  const { turn } = await openHarness({ model, functions: [list] });
  const reply = await turn([from('Ann', 'list')]);
  const told = outputs(model).call_list ?? '';
  expect(told.length).toBeLessThan(LONGEST_OUTPUT + 300);
  expect(told.isWellFormed()).toBe(true);
  expect(told).toMatch(/^line 0 .*characters are left out here: the whole is attached.*line 29999 😀\n/s);
  expect(reply.files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).toEqual([
    ['list-output.txt', long],
  ]);
});

test('people see what a call does while it does it, on one line, and no more when it is over', async () => {
  const seen = new Set<string | undefined>();
  const reply = new SeenReply();
  const next = reply.next.bind(reply);
  let last: View | undefined;
  reply.next = (view: View) => {
    last = view;
    for (const { call } of view.calls) if (call.type === 'function') seen.add(call.doing);
    return next(view);
  };
  const slow = team('slow', async (_, { progress }) => {
    for (let step = 0; step < 10_000; step++) progress(`Step\n${step}\u202e`);
    await until(() => seen.has('Step 9999'));
    progress('x'.repeat(10_000));
    await until(() => [...seen].some((doing) => doing?.startsWith('xxx')));
    return text('done');
  });
  const model = new ScriptedModel([...calls('slow', '{}'), end()], says('Done.'));
  const { turnInto } = await openHarness({ model, functions: [slow] });
  await turnInto(reply, [from('Ann', 'go')]);
  expect(reply.text).toBe('Done.');
  const doings = [...seen].filter((doing) => doing !== undefined);
  expect(doings.length).toBeLessThan(100);
  expect(Math.max(...doings.map((doing) => doing.length))).toBe(120);
  expect(last?.calls).toMatchObject([{ call: { name: 'slow', output: 'done' } }]);
  expect(last?.calls[0]?.call).not.toHaveProperty('doing');
});

test('a call reads what people attached, and is told why it can not', async () => {
  const read = team('read', async (_, { attachments }) => {
    const contents = attachments.map(
      async (file) => `${file.name} ${file.type} ${Buffer.from(await file.read())}`,
    );
    return text((await Promise.all(contents)).join());
  });
  const model = () => new ScriptedModel([...calls('read', '{}'), end()], says('Read.'));
  const file = { name: 'a.csv', type: 'text/csv', size: 3, url: 'http://files.invalid/a.csv' };
  const message = { ...from('Ann', 'read'), attachments: [file] };
  const good = model();
  const bot = await openHarness({ model: good, functions: [read], download: async () => Buffer.from('1,2') });
  await bot.turn([message]);
  expect(outputs(good).call_read).toBe('a.csv text/csv 1,2');
  const bad = model();
  const gone = await openHarness({
    model: bad,
    functions: [read],
    download: () => Promise.reject(new Error('410 http://files.invalid/a.csv?token=secret')),
  });
  await gone.turn([message]);
  expect(errorOf(bad, 'call_read')).toBe(
    'The file "a.csv" is not here: it could not be fetched. Attach it again.',
  );
});

test.each([
  ['streamed', streamedRun],
  ['polled', polledRun],
])('a stop ends a call that does not end, and asks the model for nothing more: %s', async (_, follow) => {
  const stop = new AbortController();
  let isTold = false;
  const endless = team('endless', (_args, { signal }) => {
    signal.addEventListener('abort', () => {
      isTold = true;
    });
    queueMicrotask(() => stop.abort());
    return new Promise(() => {});
  });
  const model = new ScriptedModel([...calls('endless', '{}'), end()], says('Never.'));
  const { turn, client, threadId } = await openHarness({ model, functions: [endless], follow });
  const reply = await turn([from('Ann', 'go')], stop.signal);
  expect(reply.outcome).toEqual({ status: 'stopped' });
  expect(isTold).toBe(true);
  const [run] = (await client.beta.threads.runs.list(await threadId())).data;
  expect(run?.status).toBe('cancelled');
  expect(model.requests).toHaveLength(1);
});

/** Makes a call, leaves its turn to another process before or after its result is there, and goes on with it there. */
async function leftInACall(more: Partial<TeamFunction>, hasResult: boolean) {
  const store = memoryStore();
  let made = 0;
  const result = { text: 'done', files: [{ name: 'a.txt', bytes: Buffer.from('A') }] };
  const act = team('act', async () => (++made === 1 && !hasResult ? new Promise(() => {}) : result), more);
  // The other call never ends there, so that the run waits.
  const other = team('other', async () => (isNext ? text('other') : new Promise(() => {})), {
    repeatable: true,
  });
  let isNext = false;
  const question = [from('Ann', 'act')];
  const model = new ScriptedModel([...calls('act', '{}', 'c1', 0), ...calls('other', '{}', 'c2', 1), end()]);
  const first = await openHarness({ store, model, functions: [act, other] });
  const leaving = new AbortController();
  const left = first.goOn(new SeenReply(), question, leaving.signal);
  const kept = store.keyv<{ calls?: object; files?: object }>('turns');
  if (hasResult) await expect.poll(async () => (await kept.get('test:1'))?.files).toBeDefined();
  else await until(() => made === 1);
  leaving.abort();
  expect(await left).toBe('left');
  await first.close();
  isNext = true;
  const second = new ScriptedModel(says('All is done.'));
  const next = await openHarness({ store, model: second, functions: [act, other] });
  const reply = new SeenReply();
  expect(await next.goOn(reply, question)).toBe('over');
  expect(reply.text).toContain('All is done.');
  expect(outputs(second).c2).toBe('other');
  return { made, reply, output: outputs(second).c1, files: (await next.client.files.list()).data };
}

test('what a call gave outlives its process, with its files, and the call is not made again', async () => {
  const { made, reply, output, files } = await leftInACall({}, true);
  expect(made).toBe(1);
  expect(output).toMatch(/^done\n/);
  expect(reply.files).toMatchObject([{ name: 'a.txt', bytes: new Uint8Array(Buffer.from('A')) }]);
  expect(files).toEqual([]);
});

test('a call whose process died in it is made again where that does no harm, and only there', async () => {
  const repeatable = await leftInACall({ repeatable: true }, false);
  expect(repeatable).toMatchObject({ made: 2, output: expect.stringMatching(/^done\n/) });
  expect(repeatable.reply.files).toHaveLength(1);
  const once = await leftInACall({}, false);
  expect(once).toMatchObject({ made: 1, output: expect.stringContaining('was not made again') });
});

const KB = 1024;
const QUOTA = { run: 20 * KB, conversation: 64 * KB, day: 128 * KB, days: 30 };

test('functions give no more bytes of files than an answer may have, and the model and people are told', async () => {
  let made = 0;
  const draw = team('draw', async () => ({
    text: 'drawn',
    files: [1, 2, 3].map(() => ({ name: `f${++made}.bin`, bytes: Buffer.alloc(4 * KB) })),
  }));
  const drawing = [...calls('draw', '{}', 'c1', 0), ...calls('draw', '{}', 'c2', 1), end()];
  const model = new ScriptedModel(drawing, says('Here.'), drawing, says('Here.'));
  const { turn } = await openHarness({ model, functions: [draw], quota: QUOTA });
  const reply = await turn([from('Ann', 'draw')]);
  expect(reply.files.map(({ name }) => name)).toEqual(['f1.bin', 'f2.bin', 'f3.bin', 'f4.bin', 'f5.bin']);
  expect(outputs(model).c2).toBe(
    'drawn\n[The file "f6.bin" was left out. The files of one answer may have 20 KB together, of which 8 KB are left: make fewer or smaller ones.]\n[Attached to the reply, for people to see: f4.bin, f5.bin]',
  );
  expect(reply.outcome).toEqual({
    status: 'completed',
    notice: 'These files are not attached, because too many bytes came together: f6.bin.',
  });
  // The next answer has room of its own.
  expect((await turn([from('Ann', 'again')])).files.map(({ name }) => name)).toHaveLength(5);
});

test('what functions give and what code writes share the room of a conversation, and a long text needs some, too', async () => {
  const list = team('list', async () => text('x'.repeat(LONGEST_OUTPUT + 40 * KB)));
  const code = 'write()';
  const files = [{ name: 'a.bin', bytes: Buffer.alloc(40 * KB) }];
  const codeInterpreter = new ScriptedInterpreter({ [code]: { files } });
  const model = new ScriptedModel(
    [...python(code, 'c1'), end()],
    [...calls('list', '{}', 'c2'), end()],
    says('Done.'),
  );
  const quota = { ...QUOTA, run: 100 * KB };
  const { turn } = await openHarness({ model, functions: [list], codeInterpreter, quota });
  const reply = await turn([from('Ann', 'list')]);
  expect(reply.files.map(({ name }) => name)).toEqual(['a.bin']);
  expect(outputs(model).c2).toContain(
    "characters are left out here: the whole can't be attached. The files of one conversation may have 64 KB together within 30 days, of which 24 KB are left",
  );
  expect(reply.outcome).toMatchObject({ notice: expect.stringContaining('list-output.txt') });
});
