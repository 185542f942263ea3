import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Canaries, releaseCanaries } from './canaries.ts';
import { python } from './python.ts';
import { WAYS_OUT, WAYS_TO_BREAK } from './ways-out.ts';

const sandbox = python();
const { tell } = sandbox;
let canaries: Canaries;

beforeAll(async () => {
  canaries = await releaseCanaries();
});
afterAll(async () => {
  await sandbox.close();
  await canaries.close();
});

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

describe('this way out is shut:', () => {
  it.each(WAYS_OUT)('$name', async ({ code, shut }) => {
    const { output, files, status } = await tell(code(canaries), { session: 'way out' });
    expect(output).toMatch(shut);
    expect(status).toBe('completed');
    await expectNothingHappened(output, files);
  });
});

describe('this breaks one Python and nothing else:', () => {
  it.each(WAYS_TO_BREAK)('$name', async ({ code, says = 'the code did something' }) => {
    const session = 'broken';
    const { output, files, status } = await tell(code(canaries), { session });
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
