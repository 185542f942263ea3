import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Packages } from '../../../src/assistants/code-interpreter/packages/packages.ts';
import { startWheelMirror } from '../../sim/wheel-mirror.ts';
import { type Canaries, releaseCanaries } from './canaries.ts';
import { module, temporaryFolder } from './packages/scene.ts';
import { python } from './python.ts';
import { WAYS_OUT, WAYS_PAST_PACKAGES, WAYS_TO_BREAK } from './ways-out.ts';

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

async function expectNothingHappened(output: string, files: unknown[]): Promise<void> {
  expect(files).toEqual([]);
  expect(output).not.toContain(canaries.secret);
  expect(canaries.heard).toEqual([]);
  expect(await canaries.unharmed()).toBe(true);
}

/** Where packages are installed, which are there for the last of the two. */
const dataDir = temporaryFolder(afterAll);

describe.each([
  ['without packages', '', python(), WAYS_OUT],
  [
    'with packages',
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
