import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Starts Bobbin as if Node.js had this version. */
function startAs(version: string) {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, 'src/start.js', '--help'];
  return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
}

test('a Node.js that is too old is told in the first line, with what to do', () => {
  const { status, stderr } = startAs('20.20.2');
  expect(stderr).toMatch(/^Bobbin needs Node\.js 26 .*npm ci.*https:\/\/nodejs\.org/);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(status).toBe(1);
});

test('the Node.js of the lock file starts it', () => {
  expect(startAs('26.10.0')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Usage: npm start'),
  });
});
