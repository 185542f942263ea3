import { readdirSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/assistants/code-interpreter/limits.ts';
import { Packages } from '../../../src/assistants/code-interpreter/packages/packages.ts';
import { CHILD_FOLDER, spawnChild } from '../../../src/assistants/code-interpreter/spawn-child.ts';
import { NODE_ALONE } from '../../../src/assistants/walls/wall.ts';
import { library } from '../../sim/webassembly.ts';
import { startWheelMirror } from '../../sim/wheel-mirror.ts';
import { type Canaries, releaseCanaries } from './canaries.ts';
import { module, temporaryFolder } from './packages/scene.ts';
import { CACHE, python, start } from './python.ts';
import { WAYS_TO_BREAK } from './ways-out/breaks.ts';
import { WAYS_PAST_PACKAGES } from './ways-out/packages.ts';
import { WAYS_OUT } from './ways-out/ways-out.ts';

let canaries: Canaries;

beforeAll(async () => {
  canaries = await releaseCanaries();
});
afterAll(() => canaries.close());

describe('the canaries', () => {
  it('notice what the same attempts do outside of the sandbox', async () => {
    const watched = await releaseCanaries();
    const response = await fetch(`http://127.0.0.1:${watched.port}/`);
    expect(await response.text()).toBe('caught');
    expect(watched.heard).toEqual(['tcp']);
    process.kill(watched.pid, 'SIGKILL');
    await expect.poll(() => watched.unharmed()).toBe(false);
    await watched.close();
    process.env.BOBBIN_TEST_CANARY = canaries.secret;
  });
});

test("Pyodide's own JavaScript leads nowhere, if code ever gets hold of it", async () => {
  const { tell } = start();
  await tell('1');
  const name = readdirSync(CACHE).find((file) => file.endsWith('.snapshot')) ?? '';
  const snapshot = realpathSync(join(CACHE, name));
  const script = fileURLToPath(new URL('./breach.js', import.meta.url));
  const args = [snapshot, Buffer.from(library('PyInit_evil')).toString('base64')];
  const file = relative(CHILD_FOLDER, script);
  const child = spawnChild(file, [script, snapshot], DEFAULT_LIMITS, args, NODE_ALONE);
  if (!child.stdout) throw new Error('The process has no output.');
  const told = (await json(child.stdout)) as Record<string, string>;
  const { 'names of the global object': globals, 'objects in the table': inTable, ...ended } = told;
  for (const [attempt, end] of Object.entries(ended)) expect(end, attempt).toMatch(/^\w+Error$/);
  expect(inTable).toBe('0');
  expect(globals).not.toMatch(/process|require|fetch|Worker|MessageChannel|setImmediate|queueMicrotask/);
});

async function expectNothingHappened(output: string, files: unknown[]): Promise<void> {
  expect(files).toEqual([]);
  expect(output).not.toContain(canaries.secret);
  expect(canaries.heard).toEqual([]);
  expect(await canaries.unharmed()).toBe(true);
}

/** Where packages are installed, which are there for the last of the two. */
const dataDir = temporaryFolder(afterAll);

/** Each way is tried with and without packages, and with and without the walls around the locks of Node.js. */
describe.each([
  [
    'without packages, behind the locks of Node.js alone',
    '',
    python({ walls: async () => NODE_ALONE }),
    WAYS_OUT,
  ],
  [
    'with packages, behind all walls',
    'import low, high',
    python({ packages: { dataDir, lockFile: join(dataDir, 'packages-lock.json') } }),
    [...WAYS_OUT, ...WAYS_PAST_PACKAGES],
  ],
])('%s', (_, first, { tell, close }, waysOut) => {
  beforeAll(async () => {
    const mirror = await startWheelMirror([module('low'), module('high', ['low'])]);
    const lockFile = mirror.lockIn(dataDir);
    await new Packages({ dataDir, url: mirror.url, lockFile }).install(['high']);
    await mirror.close();
    expect((await tell(first, { session: 'way out' })).output).toBe('');
  });
  afterAll(close);

  describe('this way out is shut:', () => {
    it.each(waysOut)('$name', async ({ code, shut }) => {
      const { output, files, status } = await tell(code({ ...canaries, dataDir }), { session: 'way out' });
      expect(output).toMatch(shut);
      expect(status).toBe('completed');
      await expectNothingHappened(output, files);
    });
  });

  it('leaves no trace in another conversation', async () => {
    const code = first ? 'import low; low.NAME' : '"low 1.0.0"';
    expect((await tell(code, { session: 'next' })).output).toBe("'low 1.0.0'\n");
  });

  describe('this breaks one Python and nothing else:', () => {
    it.each(WAYS_TO_BREAK)('$name', async ({ code, says = 'the code did something' }) => {
      const session = 'broken';
      await tell(first, { session });
      const { output, files, status } = await tell(code({ ...canaries, dataDir }), { session });
      expect(status).toBe('failed');
      expect(output).toMatch(/Python broke down.*are gone\.\n$/);
      expect(output).toContain(says);
      expect(output).not.toContain('DONE');
      await expectNothingHappened(output, files);
      expect(await tell('1 + 1', { session })).toMatchObject({
        status: 'completed',
        fresh: true,
        output: '2\n',
      });
    });
  });
});
