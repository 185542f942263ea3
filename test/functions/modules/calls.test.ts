import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineFunction } from '../../../src/functions/modules/define-function.ts';
import { tryFunction } from '../../../src/functions/modules/testing.ts';
import { FunctionError } from '../../../src/functions/team-function.ts';

/** A function that gives back what it is told to. */
const giving = (result: unknown) =>
  defineFunction({ name: 'give', description: 'Gives.', handler: () => result });

const circle: Record<string, unknown> = { name: 'circle' };
circle.self = circle;
circle.list = [circle, new Map([['in', circle]])];
const twice = { x: 1 };

test.each([
  ['a text', 'plain', 'plain'],
  ['nothing', undefined, '(no output)'],
  ['an empty text', '', '(no output)'],
  ['null', null, 'null'],
  ['a number', 7, '7'],
  [
    'what JSON has',
    { a: [1, 'b', null], d: new Date(0) },
    '{"a":[1,"b",null],"d":"1970-01-01T00:00:00.000Z"}',
  ],
  [
    'what JSON does not have',
    { big: 10n ** 20n, set: new Set([1]), map: new Map([['a', 1]]), no: () => 1 },
    '{"big":"100000000000000000000","set":[1],"map":[["a",1]]}',
  ],
  ['an error as a value', { why: new Error('x') }, '{"why":{"name":"Error","message":"x"}}'],
  [
    'a circular object',
    circle,
    '{"name":"circle","self":"[circular]","list":["[circular]",[["in","[circular]"]]]}',
  ],
  ['one value twice', [twice, twice], '[{"x":1},{"x":1}]'],
  ['a text and no files', { text: 'a' }, 'a'],
  ['fields beside a text', { text: 'a', id: 1 }, '{"text":"a","id":1}'],
  ['half a character', 'a\ud800', 'a\ufffd'],
])('a handler may give back %s', async (_, result, output) => {
  expect(await tryFunction(giving(result))).toEqual({ output, files: [], progress: [] });
});

test.each([
  ['bytes', Buffer.from('x'), /gave back bytes/],
  ['a Response', new Response('x'), /gave back a Response whose content was not read/],
  ['a function', () => 1, /gave back a function/],
  ['files that are none', { text: '', files: [{ name: 'a' }] }, /Its file 1 is not as \{ name, bytes \}/],
  [
    'a list without end',
    Array.from({ length: 40 }).reduce((inner) => [inner, inner], 'x'),
    /gave back too much/,
  ],
  [
    'what can not be told',
    {
      toJSON() {
        throw new Error('no json');
      },
    },
    /no json/,
  ],
  ['what lies too deep', Array.from({ length: 100_000 }).reduce((inner) => [inner], 'x'), /It failed: /],
])('a handler that gives back %s is told so', async (_, result, error) => {
  expect((await tryFunction(giving(result))).error).toMatch(error);
});

test('50 MB of text or of values become what a model can take', async () => {
  const huge = 50 * 1024 * 1024;
  for (const result of [
    'x'.repeat(huge),
    { rows: Array.from({ length: 500 }, () => 'y'.repeat(huge / 500)) },
  ]) {
    const { output, files } = await tryFunction(giving(result));
    expect(output.length).toBeLessThan(25_000);
    expect(output).toMatch(/52,4\d\d,\d\d\d characters, of which only the ends are told/);
    expect(files).toEqual([]);
  }
});

test('a secret of the environment reaches neither the model nor people', async () => {
  process.env.BOBBIN_TEST_TOKEN = 'tok-"0123456789"-abc';
  try {
    const secret = process.env.BOBBIN_TEST_TOKEN;
    const told = [
      await tryFunction(giving({ secret })),
      await tryFunction(giving(`Bearer ${secret}`)),
      await tryFunction(
        defineFunction({
          name: 'fail',
          description: 'Fails.',
          handler() {
            throw new Error(`401 for ${process.env.BOBBIN_TEST_TOKEN}`);
          },
        }),
      ),
    ];
    for (const { output } of told) {
      expect(output).toContain('[redacted]');
      expect(output).not.toContain('0123456789');
    }
  } finally {
    delete process.env.BOBBIN_TEST_TOKEN;
  }
});

const booking = defineFunction({
  name: 'book',
  description: 'Books a room.',
  parameters: z.object({
    room: z.string().min(2),
    seats: z.int().min(1).default(4),
    on: z.coerce.date().optional(),
    tags: z.array(z.enum(['quiet', 'big'])).optional(),
  }),
  async handler({ room, seats, on, tags = [] }, { asker, conversation, attachments, progress }) {
    progress('Looking for the room');
    if (room === 'none') throw new FunctionError('There is no such room: ask for another.');
    const [file] = attachments;
    const plan = file && Buffer.from(await file.read()).toString();
    return { room, seats, on: on?.getUTCFullYear(), tags, asker: asker.name, conversation, plan };
  },
});

test('a handler gets checked arguments as its schema makes them, and its context', async () => {
  const { output, progress } = await tryFunction(
    booking,
    { room: 'B2', seats: null, on: '2027-01-01', tags: null },
    {
      asker: { id: 'U7', name: 'Bob' },
      conversation: 'slack:C1:1',
      attachments: [{ name: 'p.txt', content: 'plan' }],
    },
  );
  expect(JSON.parse(output)).toEqual({
    room: 'B2',
    seats: 4,
    on: 2027,
    tags: [],
    asker: 'Bob',
    conversation: 'slack:C1:1',
    plan: 'plan',
  });
  expect(progress).toEqual(['Looking for the room']);
});

test.each([
  ['no object', '[1]', /must be a JSON object/],
  ['no JSON', '{"room": "B', /are no JSON \(.*\)\. Call it again/],
  ['another type', { room: 7 }, /don't match\. room: .*expected string/],
  ['several mistakes', { room: 'x', seats: 0, tags: ['quiet', 'loud'] }, /room: .*; seats: .*; tags\.1: /],
  ['what the team refuses', { room: 'none' }, /^There is no such room: ask for another\.$/],
])('arguments with %s are told to the model in words that it can mend', async (_, args, error) => {
  const { error: told, output } = await tryFunction(booking, args);
  expect(told).toMatch(error);
  expect(JSON.parse(output)).toEqual({ error: told });
});

test('what a handler throws is told to the model, whatever it is', async () => {
  const throwing = (thrown: unknown) =>
    defineFunction({
      name: 'throws',
      description: 'Throws.',
      async handler() {
        throw thrown;
      },
    });
  const errors = [new Error('The gateway answers 503'), new Error(''), 'a text', undefined, { code: 1 }];
  const told = await Promise.all(errors.map(async (error) => (await tryFunction(throwing(error))).error));
  expect(told).toEqual([
    'It failed: The gateway answers 503',
    'It failed: nobody knows why',
    'It failed: a text',
    'It failed: nobody knows why',
    'It failed: nobody knows why',
  ]);
});

test('where a handler failed is for the log, but for what the model has named itself', async () => {
  const reading = defineFunction({
    name: 'read',
    description: 'Reads.',
    parameters: z.object({ path: z.string() }),
    async handler({ path }) {
      throw new Error(`connect ECONNREFUSED 10.0.0.5:5432, for '${path}' from '/srv/bobbin/cache.json'`);
    },
  });
  expect((await tryFunction(reading, { path: '/docs/travel/a.md' })).error).toBe(
    "It failed: connect ECONNREFUSED [address], for '/docs/travel/a.md' from '[path]'",
  );
});

test('a definition that is wrong fails its test with what is right', async () => {
  const wrong = { name: 'x y', description: 'It.', handler() {} };
  await expect(tryFunction(wrong)).rejects.toThrow('its name must be 1 to 64 letters, digits, _ and -.');
});

test('what a handler goes on with after its time is nobody’s business any more', async () => {
  const late = Promise.withResolvers<void>();
  const slow = defineFunction({
    name: 'slow',
    description: 'Slow.',
    timeoutMs: 10,
    async handler(_, { progress, signal }) {
      progress('before');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await Promise.resolve();
      queueMicrotask(() => {
        progress('after');
        late.resolve();
      });
      throw new Error('too late');
    },
  });
  const tried = await tryFunction(slow);
  await late.promise;
  expect(tried.error).toMatch(/^This call took longer than 0\.01 seconds/);
  expect(tried.progress).toEqual(['before']);
});
