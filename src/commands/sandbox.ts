import { once } from 'node:events';
import { openPackages, PackageError } from '../bot.ts';
import { Problem } from '../problem.ts';
import type { Settings } from '../settings/settings.ts';
import { progressOn } from './progress.ts';

export type SandboxCommand = { what: 'list' } | { what: 'install' | 'remove'; names: readonly string[] };

type Packages = ReturnType<typeof openPackages>;

/** What can be done about it, where the error itself does not say. */
const ADVICE: Partial<Record<PackageError['failure'], string>> = {
  'bad lock': 'Put PYTHON_PACKAGES_LOCK right, or leave it out.',
  'bad checksum':
    'Nothing was installed. Whoever runs PYTHON_PACKAGES_URL, or a proxy in between, changes what is fetched, or has it for another release.',
  'source fails':
    'Nothing was installed; what came whole is kept, and the same command goes on from there. Without a way to it, set PYTHON_PACKAGES_URL to a mirror of it, or HTTPS_PROXY.',
  'folder fails':
    'Nothing was installed: make room there, let this user write to it, or set DATA_DIR to another folder.',
};

/** Told to whoever stops an installation. */
const INTERRUPTED =
  'Interrupted: nothing was installed. What came whole is kept, and the same command goes on from there.';

/** `npm start -- sandbox …`: the packages of people's Python, also while Bobbin runs. */
export async function sandbox(settings: Settings, command: SandboxCommand): Promise<void> {
  const packages = openPackages(settings);
  try {
    process.stdout.write(await carriedOut(packages, command));
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    const advice = ADVICE[error.failure];
    throw new Problem(advice ? `${error.message} ${advice}` : error.message, { cause: error });
  }
}

function carriedOut(packages: Packages, command: SandboxCommand): Promise<string> {
  switch (command.what) {
    case 'install':
      return install(packages, command.names);
    case 'remove':
      return remove(packages, command.names);
    case 'list':
      return list(packages);
  }
}

async function install(packages: Packages, names: readonly string[]): Promise<string> {
  const signal = interrupted();
  try {
    const done = await packages.install(names, { signal, onStep: progressOn(process.stderr) });
    const versions = done.packages.map(({ name, version }) => `${name} ${version}`).join(', ');
    const how =
      done.fetched === 0
        ? 'Everything was there already'
        : `${done.fetched} of ${done.packages.length} were fetched`;
    return `Python can import ${versions}. ${how}. A Bobbin that runs has them from the next code on.\n`;
  } catch (error) {
    throw signal.aborted ? new Problem(INTERRUPTED, { cause: error }) : error;
  }
}

async function remove(packages: Packages, names: readonly string[]): Promise<string> {
  const gone = await packages.remove(names);
  return `Removed ${gone.join(', ')}. A Python that runs keeps what it has until its conversation rests.\n`;
}

async function list(packages: Packages): Promise<string> {
  const { installed, outdated } = await packages.list();
  const lines = installed.map(({ name, version }) => `${name} ${version}`).sort();
  const old = outdated.map((name) => `${name}, for an earlier release: npm start -- sandbox install ${name}`);
  const all = [...lines, ...old];
  return all.length > 0
    ? `${all.join('\n')}\n`
    : 'Python has its standard library, and no package is installed: npm start -- sandbox install numpy pandas matplotlib\n';
}

function interrupted(): AbortSignal {
  const stop = new AbortController();
  void Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => stop.abort());
  return stop.signal;
}
