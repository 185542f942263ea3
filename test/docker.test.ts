import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startWheelMirror } from './sim/wheel-mirror.ts';

const root = join(import.meta.dirname, '..');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll('\\\n', '');
const ignore = readFileSync(join(root, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const instructions = (name: string) =>
  [...dockerfile.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map((match) => match[1] ?? '');

/** As Docker decides for a path at the top: the last rule that matches wins. */
const kept = (path: string) =>
  ignore.reduce((inside, rule) => (rule === '*' ? false : rule === `!${path}` ? true : inside), true);

test('everything that the image copies exists and is not ignored', () => {
  const sources = instructions('COPY').flatMap((line) => line.split(' ').slice(0, -1));
  expect(sources).toContain('src');
  for (const source of sources) {
    expect(existsSync(join(root, source)), source).toBe(true);
    expect(kept(source), source).toBe(true);
  }
});

test('nothing else goes in', () => {
  for (const path of ['.env', '.git', 'data', 'node_modules', 'test', '.npmrc.local', 'README.md']) {
    expect(kept(path), path).toBe(false);
  }
  expect(ignore.every((rule) => rule === '*' || /^![\w.-]+$/.test(rule))).toBe(true);
});

test('it does not run as root, and the user owns the folder of the data', () => {
  expect(instructions('USER')).toEqual(['node']);
  expect(dockerfile).toMatch(/chown node:node \/data\n/);
  expect(dockerfile.indexOf('chown')).toBeLessThan(dockerfile.indexOf('VOLUME /data'));
  expect(dockerfile.indexOf('chown')).toBeLessThan(dockerfile.indexOf('USER'));
});

test('what it starts exists', () => {
  const [entrypoint = ''] = instructions('ENTRYPOINT');
  const [program, script]: string[] = JSON.parse(entrypoint);
  expect(program).toBe('node');
  expect(existsSync(join(root, script ?? ''))).toBe(true);
});

test('the health check tells a server that is well from one that is not and from none', async () => {
  let status = 200;
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthz' ? status : 404).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? String(address?.port) : '';

  expect(await healthCheck(port)).toBe(0);
  status = 503;
  expect(await healthCheck(port)).toBe(1);
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  expect(await healthCheck(port)).toBe(1);
});

/** Runs the command of HEALTHCHECK and gives its exit status. */
async function healthCheck(port: string): Promise<number> {
  const command = /CMD (\[.*\])/.exec(instructions('HEALTHCHECK')[0] ?? '')?.[1];
  const [, ...args]: string[] = JSON.parse(command ?? '[]');
  const run = promisify(execFile)(process.execPath, args, { env: { PORT: port } });
  return run.then(
    () => 0,
    (error) => error.code,
  );
}

test('packages for Python are installed while it is built, where the bot finds them, and only if somebody wants some', async () => {
  const mirror = await startWheelMirror([{ name: 'numpy', files: { 'numpy/__init__.py': '' } }]);
  onTestFinished(() => mirror.close());
  const folder = await mkdtemp(join(tmpdir(), 'bobbin-image-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const installing = instructions('RUN').find((line) => line.includes('sandbox install')) ?? '';
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    PYTHON_PACKAGES_LOCK: mirror.lockIn(folder),
    PYTHON_PACKAGES_URL: mirror.url,
  };
  const build = (PYTHON_PACKAGES: string) =>
    promisify(execFile)('sh', ['-c', installing.replaceAll('/app', folder)], {
      cwd: root,
      env: { ...env, PYTHON_PACKAGES },
    });
  await build('');
  expect(mirror.requests).toEqual([]);
  await build('numpy');
  const [, found = ''] = /PYTHON_PACKAGES_DIR=(\S+)/.exec(instructions('ENV').join(' ')) ?? [];
  const wheels = await readdir(found.replace('/app', folder));
  expect(wheels).toContain(mirror.wheels[0]?.fileName);
});
