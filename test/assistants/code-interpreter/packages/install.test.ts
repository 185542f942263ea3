import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PackageError } from '../../../../src/assistants/code-interpreter/packages/package-error.ts';
import { type Answer, another, half, refuses, startWheelMirror, status } from '../../../sim/wheel-mirror.ts';
import { lockOf, wheel } from '../../../sim/wheels.ts';
import { module, openScene, temporaryFolder } from './scene.ts';

/** Where nobody listens. */
const NOWHERE = await startWheelMirror([]).then(async ({ url, close }) => {
  await close();
  return `${url}/x.whl`;
});

const THREE = () => [module('low'), module('middle', ['low']), module('high', ['middle', 'low'])];
const names = ({ packages }: { packages: { name: string }[] }) => packages.map(({ name }) => name);
const installedIn = async (packages: { list(): Promise<{ installed: { name: string }[] }> }) =>
  (await packages.list()).installed.map(({ name }) => name);

test('what is asked for comes with all that it needs, each after what it needs, once', async () => {
  const { packages, mirror, files } = await openScene(THREE());
  const steps: [number, number, string][] = [];
  const done = await packages().install(['High'], { onStep: (...step) => void steps.push(step) });
  expect(names(done)).toEqual(['low', 'middle', 'high']);
  const fileNames = ['low', 'middle', 'high'].map((name) => `${name}-1.0.0-py3-none-any.whl`);
  expect(mirror.requests).toEqual(fileNames);
  expect(steps.map(([count, all]) => `${count}/${all}`)).toEqual(['0/3', '1/3', '2/3', '3/3']);
  expect(files()).toEqual(fileNames.toSorted());
  expect(await packages().install(['middle', 'high'])).toMatchObject({ fetched: 0 });
  expect(mirror.requests).toHaveLength(3);
});

test('what Pyodide does not bring for spreadsheets is looked for at the mirror, too, with what it needs', async () => {
  const { packages, mirror } = await openScene([]);
  const expected = `${mirror.url}/et_xmlfile-2.0.0-py3-none-any.whl answered with status 404.`;
  await expect(packages().install(['openpyxl'])).rejects.toThrow(new PackageError('source fails', expected));
});

test('packages that need each other are both there', async () => {
  const { packages } = await openScene([module('chicken', ['egg']), module('egg', ['chicken'])]);
  expect(names(await packages().install(['chicken'])).toSorted()).toEqual(['chicken', 'egg']);
  expect(await installedIn(packages())).toHaveLength(2);
});

test.each([
  [
    'breaks off',
    'middle',
    [half, half, half],
    /middle-1.0.0-py3-none-any.whl broke off after \d+ bytes: .+\.$/,
  ],
  [
    'says nothing and closes',
    'middle',
    [refuses, refuses, refuses],
    /middle-1.0.0-py3-none-any.whl can't be reached: .+\.$/,
  ],
  ['answers that it is down', 'middle', [status(503)], /middle-1.0.0.* answered with status 503\.$/],
  [
    'sends another file',
    'middle',
    [another],
    /middle-1.0.0.* is not what it should be: its SHA-256 is [0-9a-f]{64}, and [0-9a-f]{64} is expected\. It was thrown away\.$/,
  ],
  [
    'leads to nowhere',
    'middle',
    Array(3).fill(status(302, { location: NOWHERE })),
    /middle-1.0.0.* can't be reached: connect ECONNREFUSED 127\.0\.0\.1:\d+\.$/,
  ],
  [
    'leads round in a circle',
    'middle',
    Array(100).fill(status(302, { location: 'middle-1.0.0-py3-none-any.whl' })),
    /middle-1.0.0.* can't be reached: redirect count exceeded\.$/,
  ],
])(
  'where a mirror %s, nothing is installed, and the next time goes on from there',
  async (_, at, how, said) => {
    const { packages, mirror, files } = await openScene(THREE());
    mirror.answers(at, ...how);
    const failed = await packages()
      .install(['high'])
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(PackageError);
    expect((failed as Error).message).toMatch(said);
    expect(await installedIn(packages())).toEqual([]);
    expect(files()).toEqual(['low-1.0.0-py3-none-any.whl']);
    mirror.answers(at);
    mirror.requests.length = 0;
    expect(names(await packages().install(['high']))).toEqual(['low', 'middle', 'high']);
    expect(mirror.requests).toEqual(['middle-1.0.0-py3-none-any.whl', 'high-1.0.0-py3-none-any.whl']);
    expect(await installedIn(packages())).toEqual(['low', 'middle', 'high']);
  },
);

test('a download that breaks off goes on where it was, or anew where the mirror knows no ranges', async () => {
  const { packages, mirror, dataDir } = await openScene([module('one'), module('other')]);
  const fetched = join(dataDir, 'packages/.fetched');
  const isWritten = () =>
    readdirSync(fetched).some((name) => name.endsWith('.part') && statSync(join(fetched, name)).size > 0);
  /** Breaks off once what came is written down. */
  const some: Answer = (_request, response, bytes) => {
    response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 1_000));
    const look = setInterval(() => {
      if (!isWritten()) return;
      clearInterval(look);
      response.destroy();
    }, 5);
  };
  mirror.answers('one', some);
  mirror.answers('other', some, (_request, response, bytes) => void response.end(bytes));
  await packages().install(['one', 'other']);
  const ranges = mirror.requests.map((request) => request.replace(/^(\w+)-\S+/, '$1'));
  expect(ranges).toEqual(['one', 'one bytes=1000-', 'other', 'other bytes=1000-']);
});

test('a file that has more than any package is not taken to its end', async () => {
  const { packages, mirror, files } = await openScene([module('flood')]);
  mirror.answers('flood', (_request, response) => {
    const piece = new Uint8Array(4 * 1024 * 1024);
    const write = (error?: Error | null) => void (error || response.write(piece, write));
    write();
  });
  await expect(packages().install(['flood'])).rejects.toThrow('has more than 256 MB, as no package has.');
  expect(files()).toEqual([]);
});

test('who stops an installation has nothing half of it, and the next time goes on', async () => {
  const { packages, mirror, files } = await openScene(THREE());
  const stop = new AbortController();
  mirror.answers('middle', () => stop.abort());
  await expect(packages().install(['high'], { signal: stop.signal })).rejects.toThrow();
  expect(files()).toEqual(['low-1.0.0-py3-none-any.whl']);
  expect(await installedIn(packages())).toEqual([]);
  mirror.requests.length = 0;
  await packages().install(['high']);
  expect(mirror.requests).toHaveLength(2);
});

test('two may install at once, the same and others', async () => {
  const { packages, files } = await openScene([...THREE(), module('other', ['low'])]);
  await Promise.all([['high'], ['high'], ['other'], ['low', 'other']].map((all) => packages().install(all)));
  expect((await installedIn(packages())).toSorted()).toEqual(['high', 'low', 'middle', 'other']);
  expect(files()).toHaveLength(4);
});

test('what a killed process was writing is removed once nobody can be writing it any more', async () => {
  const { packages, mirror, files, dataDir } = await openScene([module('one')]);
  mirror.answers('one', status(500));
  await expect(packages().install(['one'])).rejects.toThrow();
  const [fresh, old] = ['fresh', 'old'].map((name) => join(dataDir, 'packages/.fetched', `${name}.part`));
  for (const path of [fresh, old]) writeFileSync(String(path), 'half');
  utimesSync(String(old), 0, 0);
  await packages().install(['one']);
  expect(files()).toEqual(['fresh.part', 'one-1.0.0-py3-none-any.whl']);
});

test('a wheel that was fetched before and is broken by now is fetched again; so is one that is installed', async () => {
  const { packages, mirror, dataDir } = await openScene(THREE());
  mirror.answers('middle', status(500));
  await expect(packages().install(['high'])).rejects.toThrow();
  writeFileSync(join(dataDir, 'packages/.fetched/low-1.0.0-py3-none-any.whl'), 'broken');
  await packages().install(['high']);
  const path = join(dataDir, 'packages/high-1.0.0-py3-none-any.whl');
  writeFileSync(path, 'broken');
  expect(await packages().install(['high'])).toMatchObject({ fetched: 1 });
  expect(readFileSync(path)).toEqual(
    Buffer.from(mirror.wheels.find(({ name }) => name === 'high')?.bytes ?? []),
  );
});

test.each([
  ['numpi', 'There is no package numpi for this Python: did you mean numpy?'],
  ['Pandsa', 'There is no package Pandsa for this Python: did you mean pandas?'],
  ['sklearn', 'sklearn is a module of the package scikit-learn: install that.'],
  ['PIL', 'PIL is a module of the package pillow: install that.'],
  ['xlsxwriter', 'There is no package xlsxwriter for this Python, but openpyxl writes Excel files.'],
  ['no-such-thing-at-all', 'There is no package no-such-thing-at-all for this Python.'],
  ['__proto__', 'There is no package __proto__ for this Python.'],
])('a name that is not there is told with the one that was meant: %s', async (name, said) => {
  const { packages, mirror } = await openScene([module('one')]);
  await expect(packages().install(['one', name])).rejects.toThrow(new PackageError('unknown package', said));
  expect(mirror.requests).toEqual([]);
});

test.each([
  ['is no list', 'nonsense', /is not one as pyodide-lock\.json is/],
  ['has no checksum', lockOf([{ ...wheel(module('one')), sha256: '' }]), /packages\.one\.sha256/],
  [
    'names no wheel',
    lockOf([{ ...wheel(module('one')), fileName: '../../one.py' }]),
    /names no wheel for one, but "\.\.\/\.\.\/one\.py"/,
  ],
  [
    'names a way out',
    lockOf([{ ...wheel(module('one')), fileName: 'x/..%2fone.whl' }]),
    /names no wheel for one/,
  ],
])('a list of packages that %s is told', async (_, text, said) => {
  const { packages, dataDir } = await openScene([module('one')]);
  const lockFile = join(dataDir, 'lock.json');
  writeFileSync(lockFile, text);
  await expect(packages({ lockFile }).install(['one'])).rejects.toThrow(said);
  await expect(packages({ lockFile: join(dataDir, 'none.json') }).list()).rejects.toThrow(
    /can't be read \(ENOENT/,
  );
});

test('a folder that is none is told', async () => {
  const { packages, dataDir } = await openScene([module('one')]);
  writeFileSync(join(dataDir, 'file'), '');
  const lost = packages({ dataDir: join(dataDir, 'file') }).install(['one']);
  await expect(lost).rejects.toThrow(/^Packages can't be kept in .*: it can't be written to \(ENOTDIR\)\.$/);
});

test('another version takes the place of the one before, which is of no use until then', async () => {
  const old = await openScene([module('low'), module('high', ['low'])]);
  await old.packages().install(['high']);
  const { mirror } = await openScene([module('low', [], '2.0.0'), module('high', ['low'])]);
  const packages = () => old.packages({ url: mirror.url, lockFile: mirror.lockIn(temporaryFolder()) });
  expect(await packages().list()).toEqual({ installed: [], outdated: ['low'] });
  await packages().install(['high']);
  expect(old.files()).toEqual(['high-1.0.0-py3-none-any.whl', 'low-2.0.0-py3-none-any.whl']);
  expect(await packages().list()).toMatchObject({
    installed: [{ name: 'low' }, { name: 'high' }],
    outdated: [],
  });
});

test('packages that came with an image are there, too, and stay', async () => {
  const image = await openScene(THREE());
  await image.packages().install(['middle']);
  const { packages } = await openScene(THREE());
  const ready = join(image.dataDir, 'packages');
  const both = () => packages({ ...image.options, dataDir: temporaryFolder(), ready });
  expect(await installedIn(both())).toEqual(['low', 'middle']);
  await expect(both().remove(['middle'])).rejects.toThrow('came with the image');
});

test('packages are removed, but none that another one needs', async () => {
  const { packages, files } = await openScene(THREE());
  await packages().install(['high']);
  await expect(packages().remove(['low', 'middle'])).rejects.toThrow(
    'middle, low is needed by high: remove that, too, or first.',
  );
  await expect(packages().remove(['numpy'])).rejects.toThrow('numpy is not installed.');
  await packages().remove(['HIGH']);
  expect(files()).toEqual(['low-1.0.0-py3-none-any.whl', 'middle-1.0.0-py3-none-any.whl']);
});

test('a wheel may have an address of its own', async () => {
  const { mirror, packages, dataDir } = await openScene([module('one')]);
  const lockFile = join(dataDir, 'lock.json');
  const [one] = mirror.wheels;
  writeFileSync(lockFile, lockOf(one ? [{ ...one, fileName: `${mirror.url}/${one.fileName}` }] : []));
  await packages({ lockFile, url: 'http://127.0.0.1:1' }).install(['one']);
  expect(mirror.requests).toEqual(['one-1.0.0-py3-none-any.whl']);
});
