import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { examineSandbox, type Python } from '../../../src/operations/doctor/sandbox.ts';
import { told } from './told.ts';

const pythonBytes = 512 * 1024 * 1024;

/** A Python that works, has all its walls, and does besides what a test says with the code. */
function leaky(leak: (code: string) => Promise<string | undefined>): Python {
  return {
    warmUp: async () => {},
    async run({ code }, onOutput) {
      const said = await leak(code);
      const isEndless = code.includes('while True');
      onOutput(code.includes('6 * 7') ? '3.14.0 42\n' : isEndless ? 'begun\ntime limit' : 'tried\n');
      if (said !== undefined) onOutput(said);
      return { status: isEndless ? 'failed' : 'completed' };
    },
    close: async () => {},
  };
}

const examined = (python: Python) =>
  told(() => examineSandbox({ usual: () => python, hurried: () => python, pythonBytes }));

test.each<[string, number, (code: string) => Promise<string | undefined>, RegExp]>([
  [
    'the network',
    1,
    async (code) => {
      const [, port] = /"127\.0\.0\.1", (\d+)/.exec(code) ?? [];
      if (port === undefined) return undefined;
      const socket = connect(Number(port), '127.0.0.1');
      await once(socket, 'close');
      return undefined;
    },
    /reached the network/,
  ],
  [
    'a file',
    2,
    async (code) => {
      const [, file] = /open\("([^"]+secret\.txt)"\)/.exec(code) ?? [];
      return file === undefined ? undefined : readFileSync(file, 'utf8');
    },
    /read a file or the environment/,
  ],
  [
    'the environment',
    2,
    async (code) => (code.includes('os.environ') ? JSON.stringify(process.env) : undefined),
    /read a file or the environment/,
  ],
  [
    'another process',
    3,
    async (code) => (code.includes('popen') ? 'started' : undefined),
    /reached another process/,
  ],
  ['more memory', 4, async (code) => (code.includes('bytearray') ? 'filled' : undefined), /took more memory/],
])(
  'a wall to %s that has fallen is told, and the others are tried all the same',
  async (_, at, leak, said) => {
    const lines = await examined(leaky(leak));
    expect(lines).toHaveLength(6);
    expect(lines[at]).toMatch(said);
    expect(lines[at]).toContain('Take code_interpreter out of the tools');
    expect(lines.map((line) => line[0]).join('')).toBe(`${'✓'.repeat(at)}✗${'✓'.repeat(5 - at)}`);
  },
);

test('code that nothing ends, and a Python that says nothing, prove nothing', async () => {
  const silent: Python = { ...leaky(async () => undefined), run: async () => ({ status: 'completed' }) };
  const lines = await examined(silent);
  expect(lines.every((line) => line.startsWith('✗ '))).toBe(true);
  expect(lines[1]).toContain('could not be tried, since Python said nothing');
});

test('a Python that does not start is told with what it needs', async () => {
  const warmUp = () => Promise.reject(new Error('Python did not start: it took too long.'));
  expect(await examined({ ...leaky(async () => undefined), warmUp })).toEqual([
    expect.stringMatching(/^✗ Python did not start: it took too long\. It needs 250 MB of memory/),
  ]);
});
