import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Packages, type PackagesOptions } from '../../src/assistants/code-interpreter/packages/packages.ts';
import { createSandbox, type Sandbox } from '../../src/assistants/code-interpreter/sandbox.ts';
import { wallsHere } from '../../src/assistants/walls/find-walls.ts';
import { NODE_ALONE } from '../../src/assistants/walls/wall.ts';
import { startWheelMirror } from '../sim/wheel-mirror.ts';
import { type Figure, median, print } from './figure.ts';

const ROUND_TRIPS = 200;
const STARTS = 5;
const PACKAGES = 15;
const MODULES = 100;

/** Measures the sandbox on this machine; it takes about ten seconds. */
export async function codeInterpreterFigures(): Promise<Figure[]> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'bobbin-bench-'));
  try {
    const first = await timeOfFirstUse(cacheDir, false);
    const cold = await medianOf(STARTS, () => timeOfFirstUse(cacheDir, false));
    const warm = await medianOf(STARTS, () => timeOfFirstUse(cacheDir, true));
    const { roundTrip, megabytes } = await inOneSession(cacheDir);
    const walls = await wallsHere();
    const unwalled = async () => NODE_ALONE;
    const { roundTrip: unwalledRoundTrip } = await inOneSession(cacheDir, unwalled);
    const unwalledCold = await medianOf(STARTS, () => timeOfFirstUse(cacheDir, false, {}, unwalled));
    const packages = await packagesIn(cacheDir);
    const withPackages = await medianOf(STARTS, () => timeOfFirstUse(cacheDir, false, packages));
    const imports = await timesOfImport(cacheDir, packages);
    return [
      { name: 'Python: warm round trip', value: milliseconds(roundTrip), aim: '5 ms' },
      { name: 'Python: warm round trip, Node.js alone', value: milliseconds(unwalledRoundTrip) },
      { name: 'Python: walls around it', value: `${walls.construction.name} (${walls.standing.size})` },
      { name: 'Python: first use, one ready', value: milliseconds(warm), aim: 'near 0' },
      { name: 'Python: first use, none ready', value: milliseconds(cold) },
      { name: 'Python: first use, none ready, Node.js alone', value: milliseconds(unwalledCold) },
      { name: 'Python: first use ever, snapshot made', value: milliseconds(first) },
      { name: 'Python: memory of a process', value: `${megabytes} MB` },
      {
        name: `Python: first use, none ready, ${PACKAGES} packages installed`,
        value: milliseconds(withPackages),
        aim: 'as without',
      },
      {
        name: `Python: warm, first import of a package of ${MODULES} modules`,
        value: milliseconds(imports.first),
      },
      { name: 'Python: the same again in that conversation', value: milliseconds(imports.next) },
    ];
  } finally {
    await rm(cacheDir, { recursive: true });
  }
}

async function timeOfFirstUse(
  cacheDir: string,
  warm: boolean,
  packages: PackagesOptions = {},
  walls = wallsHere,
): Promise<number> {
  const sandbox = createSandbox({ cacheDir, packages, walls });
  if (warm) await sandbox.warmUp();
  const time = await timeOfCall(sandbox);
  await sandbox.close();
  return time;
}

async function inOneSession(
  cacheDir: string,
  walls = wallsHere,
): Promise<{ roundTrip: number; megabytes: number }> {
  const sandbox = createSandbox({ cacheDir, walls });
  await timeOfCall(sandbox);
  const roundTrip = await medianOf(ROUND_TRIPS, () => timeOfCall(sandbox));
  const megabytes = residentMegabytes(sandbox.processIds());
  await sandbox.close();
  return { roundTrip, megabytes };
}

/** As many packages as matplotlib and pandas need, of which the last needs all others. */
async function packagesIn(dataDir: string): Promise<PackagesOptions> {
  const names = Array.from({ length: PACKAGES }, (_, index) => `bench${index}`);
  const modules = (name: string) =>
    Array.from({ length: MODULES }, (_, index) => [
      `${name}/m${index}.py`,
      `def f(x):\n    return x + ${index}\n`,
    ]);
  const imports = Array.from({ length: MODULES }, (_, index) => `from . import m${index}\n`).join('');
  const mirror = await startWheelMirror(
    names.map((name) => ({
      name,
      files: { [`${name}/__init__.py`]: imports, ...Object.fromEntries(modules(name)) },
      depends: name === names.at(-1) ? names.slice(0, -1) : [],
    })),
  );
  const options = { dataDir, url: mirror.url, lockFile: mirror.lockIn(dataDir) };
  await new Packages(options).install(names);
  await mirror.close();
  return options;
}

async function timesOfImport(
  cacheDir: string,
  packages: PackagesOptions,
): Promise<{ first: number; next: number }> {
  const sandbox = createSandbox({ cacheDir, packages });
  await timeOfCall(sandbox);
  const code = `import bench${PACKAGES - 1}`;
  const first = await timeOfCall(sandbox, code);
  const next = await timeOfCall(sandbox, code);
  await sandbox.close();
  return { first, next };
}

async function timeOfCall(sandbox: Sandbox, code = 'print(2 ** 100)'): Promise<number> {
  const begun = performance.now();
  await sandbox.run({ session: 'bench', code, files: [] }, () => {}, new AbortController().signal);
  return performance.now() - begun;
}

/** With the tools that stand before it. */
function residentMegabytes([pid = 0]: number[]): number {
  const processes = execFileSync('ps', ['-eo', 'pid=,ppid=,rss='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/).map(Number));
  const kilobytes = (of: number): number =>
    processes.reduce(
      (sum, [each = 0, parent, rss = 0]) =>
        sum + (each === of ? rss : 0) + (parent === of ? kilobytes(each) : 0),
      0,
    );
  return Math.round(kilobytes(pid) / 1024);
}

async function medianOf(count: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(await measure());
  return median(values);
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

if (import.meta.main) print(await codeInterpreterFigures());
