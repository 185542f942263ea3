import { once } from 'node:events';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { tempFolder } from '../store/temp-folder.ts';
import { audited } from './advisories.ts';
import { wrongLicences } from './licences.ts';
import { allows } from './spdx.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('every action of the workflows is one commit, of a version that is named', () => {
  const workflows = globSync('.github/workflows/*.{yml,yaml}', { cwd: root });
  const uses = workflows.flatMap((path) => read(path).match(/uses:.*/g) ?? []);
  expect(uses.length).toBeGreaterThan(3);
  for (const line of uses) expect(line).toMatch(/^uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test('the image is built on one image, whose Node.js is the one that is installed elsewhere', () => {
  const froms = read('Dockerfile').match(/^FROM .*/gm) ?? [];
  const { optionalDependencies } = JSON.parse(read('package.json'));
  const versions = new Set(Object.values<string>(optionalDependencies));
  expect(versions.size).toBe(1);
  for (const line of froms) {
    const [, version] = /^FROM node:([\d.]+)-slim@sha256:[0-9a-f]{64}$/.exec(line) ?? [];
    expect([...versions], line).toEqual([version]);
  }
  expect(froms).toHaveLength(1);
});

test('what is pinned is kept up to date: packages, actions and images', () => {
  const { updates } = parse(read('.github/dependabot.yml')) as { updates: { 'package-ecosystem': string }[] };
  const kinds = updates.map((one) => one['package-ecosystem']);
  expect(kinds).toEqual(expect.arrayContaining(['npm', 'github-actions', 'docker', 'docker-compose']));
});

test.each([
  ['MIT', true],
  ['GPL-3.0-only', false],
  ['(MIT OR GPL-3.0-only)', true],
  ['GPL-3.0-only OR MIT', true],
  ['MIT AND GPL-3.0-only', false],
  ['MIT AND (GPL-3.0-only OR ISC)', true],
  ['MIT OR ISC AND GPL-3.0-only', true],
  ['(MIT OR ISC) AND GPL-3.0-only', false],
  ['UNLICENSED', false],
  ['SEE LICENSE IN LICENSE.md', false],
  ['MIT SEE', false],
  ['MIT*', false],
  ['(MIT', false],
  ['', false],
])('the licence %j is allowed: %s', (expression, isAllowed) => {
  expect(allows(expression, (one) => one === 'MIT' || one === 'ISC')).toBe(isAllowed);
});

/** A project with these production packages, of which some are installed. */
async function project(locked: Record<string, object>, installed: Record<string, object> = {}) {
  const folder = await tempFolder();
  const write = (path: string, content: object) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(content));
  };
  const named = Object.entries(locked).map(([name, fields]) => [
    `node_modules/${name}`,
    { version: '1.0.0', ...fields },
  ]);
  const dependencies = Object.fromEntries(Object.keys(locked).map((name) => [name, '1.0.0']));
  const own = { name: 'project', version: '1.0.0', dependencies };
  write('package.json', own);
  write('package-lock.json', {
    ...own,
    lockfileVersion: 3,
    packages: { '': own, ...Object.fromEntries(named) },
  });
  for (const [name, manifest] of Object.entries(installed))
    write(`node_modules/${name}/package.json`, manifest);
  return folder;
}

test('every package that Bobbin runs with may be passed on', () => {
  expect(wrongLicences(root)).toEqual([]);
});

test('a package whose licence is not allowed is named, as it is installed or, where it is not, as it is locked', async () => {
  const locked = {
    fine: { license: 'MIT' },
    changed: { license: 'MIT' },
    elsewhere: { license: 'AGPL-3.0-only' },
    silent: {},
    old: { license: 'MIT' },
    taken: { license: 'Odd' },
    developing: { license: 'GPL-3.0-only', dev: true },
  };
  const installed = {
    changed: { license: 'SSPL-1.0' },
    old: { licenses: [{ type: 'GPL-2.0' }, { type: 'ISC' }] },
  };
  const wrong = wrongLicences(await project(locked, installed), { 'taken@1.0.0': 'We have asked.' });
  expect(wrong.map((line) => line.split(':')[0])).toEqual([
    'changed@1.0.0 has the licence SSPL-1.0',
    'elsewhere@1.0.0 has the licence AGPL-3.0-only',
    'silent@1.0.0 has no licence',
  ]);
});

let advisories = 0;

const advisory = (id: string, severity: string) => ({
  id: ++advisories,
  url: `https://github.com/advisories/${id}`,
  title: `It is ${severity}`,
  severity,
  vulnerable_versions: '<2.0.0',
  cwe: [],
  cvss: { score: 0, vectorString: null },
});

const KNOWN = {
  bad: [advisory('GHSA-aaaa-aaaa-aaaa', 'high'), advisory('GHSA-bbbb-bbbb-bbbb', 'critical')],
  mild: [advisory('GHSA-cccc-cccc-cccc', 'moderate')],
};

/** A registry in a thread of its own, since the check waits for npm. */
async function registry(status: number): Promise<void> {
  const serve = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:http').createServer((request, response) => {
      const isAsked = request.method === 'POST' && request.url.endsWith('/advisories/bulk');
      const name = request.url.slice(1);
      const versions = { '1.0.0': { name, version: '1.0.0', dist: {} } };
      response.writeHead(isAsked ? ${status} : 200, { 'content-type': 'application/json' });
      const packument = { name, 'dist-tags': { latest: '1.0.0' }, versions };
      response.end(isAsked ? ${JSON.stringify(JSON.stringify(KNOWN))} : JSON.stringify(packument));
    }).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
  `;
  const worker = new Worker(serve, { eval: true });
  onTestFinished(() => worker.terminate().then(() => {}));
  const [port] = await once(worker, 'message');
  vi.stubEnv('npm_config_registry', `http://127.0.0.1:${port}`);
  vi.stubEnv('npm_config_fetch_retries', '0');
  vi.stubEnv('npm_config_cache', await tempFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
}

test('an advisory that is high or worse is told until somebody accepts it, and again after that', async () => {
  await registry(200);
  const folder = await project({ bad: {}, mild: {} });
  const accepted = [
    { id: 'GHSA-aaaa-aaaa-aaaa', reason: 'It is not called.', until: '2026-11-26' },
    { id: 'GHSA-bbbb-bbbb-bbbb', reason: 'It is not called.', until: '2026-11-25' },
  ];
  expect(audited(folder, accepted, '2026-11-26')).toEqual({
    open: ['critical: bad: It is critical (https://github.com/advisories/GHSA-bbbb-bbbb-bbbb)'],
  });
});

test('a registry that does not say is told, and is no failure', async () => {
  await registry(405);
  expect(audited(await project({ bad: {} }), [], '2026-11-26')).toEqual({
    unanswered: expect.stringContaining('405'),
  });
});

test('each advisory that is accepted has a reason and a day', () => {
  for (const one of JSON.parse(read('test/supply-chain/accepted-advisories.json')))
    expect(one).toEqual({
      id: expect.stringMatching(/^GHSA(-\w{4}){3}$/),
      reason: expect.stringMatching(/\.$/),
      until: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
});
