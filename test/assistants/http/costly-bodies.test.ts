import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { excessOf, MAX_DEPTH, MAX_VALUES } from '../../../src/assistants/http/json-shape.ts';
import { errorBody, openApi, post, send } from '../client.ts';

const MB = 1024 * 1024;

/** Whether a text is given to the parser from now on. */
function parser() {
  const parse = vi.spyOn(JSON, 'parse');
  onTestFinished(() => parse.mockRestore());
  return { hasTaken: (body: string) => parse.mock.calls.some(([text]) => text === body) };
}

const TOO_DEEP =
  /^We could not parse the JSON body of your request\. It is nested more than 100 levels deep\.$/;
const TOO_MUCH = /^We could not parse the JSON body of your request\. It holds more than 100,000 values\.$/;

test.each([
  ['16 MB of [', '['.repeat(16 * MB), TOO_DEEP],
  ['objects in objects', '{"a":'.repeat(3 * MB), TOO_DEEP],
  ['nesting in a field', `{"model":"m","metadata":${'['.repeat(MB)}${']'.repeat(MB)}}`, TOO_DEEP],
  ['nesting after strings that look like its end', '["]]\\"]]",'.repeat(101), TOO_DEEP],
  ['millions of empty lists', `[${'[],'.repeat(5 * MB)}1]`, TOO_MUCH],
  ['millions of empty objects', `{"messages":[${'{},'.repeat(5 * MB)}{}]}`, TOO_MUCH],
  ['millions of numbers', `[${'1,'.repeat(8 * MB - 2)}1]`, TOO_MUCH],
  ['a million keys', `{${Array.from({ length: MB }, (_, i) => `"k${i}":1`).join()}}`, TOO_MUCH],
])('a body is refused before it is parsed: %s', async (_, body, message) => {
  const api = openApi();
  const { hasTaken } = parser();
  const answer = await post(api, '/assistants', body);
  expect(hasTaken(body)).toBe(false);
  expect(answer).toEqual({ status: 400, body: errorBody(expect.stringMatching(message) as string) });
});

test('a long body of few values is taken, and others are served while it is looked at', async () => {
  const api = openApi();
  const long = `\\"[{,${'x'.repeat(100)}`.repeat(140_000);
  let turns = 0;
  const ticking = setInterval(() => turns++, 0);
  onTestFinished(() => clearInterval(ticking));
  const answer = await post(api, '/assistants', `{"model":"m","description":"${long}"}`);
  expect(answer).toMatchObject({ status: 400, body: { error: { param: 'description' } } });
  expect(turns).toBeGreaterThan(3);
});

test('what is counted is what JSON holds, wherever a slice ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.nat(MAX_DEPTH + 2), async (value, levels) => {
      const json = '['.repeat(levels) + JSON.stringify(value) + ']'.repeat(levels);
      const isTooDeep = levels + depthOf(value) > MAX_DEPTH;
      // With blanks before it the slices end in the middle of it.
      const padded = `${' '.repeat(MB - Math.min(MB, Math.floor(json.length / 2)))}${json}`;
      for (const text of [json, padded])
        expect(await excessOf(new TextEncoder().encode(text))).toBe(isTooDeep ? 'depth' : undefined);
    }),
    { numRuns: 30 },
  );
  const list = (length: number) => new TextEncoder().encode(`[${Array(length).fill('{"a,[":","}').join()}]`);
  expect(await excessOf(list((MAX_VALUES - 2) / 2))).toBeUndefined();
  expect(await excessOf(list(MAX_VALUES / 2))).toBe('values');
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

const field = (name: string, content: string, rest = '') =>
  `--x\r\ncontent-disposition: form-data; name="${name}"${rest}\r\n\r\n${content}\r\n`;
const fields = (count: number, name: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => field(name(index), '1')).join('');

test.each([
  ['8,000 fields of one object', fields(8_000, (i) => `a[k${i}]`), 'it has more than 100 fields.'],
  ['20,000 fields', fields(20_000, (i) => `k${i}`), 'it has more than 100 fields.'],
  [
    'a file name of 20 MB',
    field('file', 'x', `; filename="${'n'.repeat(20 * MB)}"`),
    'it has a name that is too long.',
  ],
  ['a field name of 20 MB', field('n'.repeat(20 * MB), 'x'), 'it has a name that is too long.'],
  [
    'a purpose of 20 MB',
    field('purpose', 'p'.repeat(20 * MB)),
    'it has more than 16384 bytes in a field that is no file.',
  ],
  [
    'a number of 20 MB',
    field('expires_after[seconds]', '1'.repeat(20 * MB)),
    'it has more than 16384 bytes in a field that is no file.',
  ],
])('a form is refused before its fields are read: %s', async (_, form, reason) => {
  const { fetch, state } = openApi();
  const kept = vi.spyOn(state.contents, 'set');
  const response = await fetch('http://bobbin/v1/files', {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: `${form}--x--\r\n`,
  });
  expect([response.status, await response.json()]).toEqual([
    400,
    errorBody(`We could not parse the form of your request: ${reason}`),
  ]);
  expect(kept).not.toHaveBeenCalled();
});

test('the fields of an object come together, whatever they are called', async () => {
  const { fetch } = openApi();
  const body = `${field('__proto__[a]', '1')}${field('expires_after[__proto__]', '1')}--x--\r\n`;
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const response = await fetch('http://bobbin/v1/files', { method: 'POST', headers, body });
  expect(response.status).toBe(400);
  expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('a');
});

test.each([['a'], ['include[]'], ['limit']])(
  'an address of thousands of parameters is refused: %s',
  async (name) => {
    const query = Array.from({ length: 5_000 }, (_, i) => `${name}=${i}`).join('&');
    for (const path of ['/files', '/vector_stores', '/threads/thread_x/runs/run_x/steps'])
      expect(await send(openApi(), 'GET', `${path}?${query}`)).toEqual({
        status: 400,
        body: errorBody('The address of your request has more than 100 parameters.'),
      });
    const honest = Array.from({ length: 99 }, () => 'after=x').join('&');
    expect((await send(openApi(), 'GET', `/files?limit=1&${honest}`)).status).toBe(200);
  },
);
