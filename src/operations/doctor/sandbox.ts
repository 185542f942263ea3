import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../problem.ts';
import { broken, type Finding, well } from './finding.ts';

/** Python as it is tried here. */
export interface Python {
  warmUp(): Promise<void>;
  run(
    request: { session: string; code: string; files: [] },
    onOutput: (text: string) => void,
    signal: AbortSignal,
  ): Promise<{ status: 'completed' | 'failed' }>;
  close(): Promise<void>;
}

export interface Pythons {
  /** With the limits that the bot has. */
  usual: () => Python;
  /** With a time limit of so many milliseconds. */
  hurried: (runMs: number) => Python;
  /** The memory that Python's own objects may fill. */
  pythonBytes: number;
}

/** What ends what should have ended by itself, in ms: longer than the sandbox's own limits. */
const PATIENCE_MS = 120_000;

/** The time limit that is tried, in ms; people's code has more. */
const SHORT_RUN_MS = 1_000;

const MiB = 1024 * 1024;

/** What is said of a Python that does not start. */
const NEEDS = 'It needs 250 MB of memory, and a folder for temporary files that can be written to.';

/** What is said of a wall that does not stand. */
const FALLEN =
  'Take code_interpreter out of the tools in assistant.md until that is mended, and report it to those who make Bobbin.';

/** Starts Python as the bot does, and tries its walls one by one. */
export async function* examineSandbox({ usual, hurried, pythonBytes }: Pythons): AsyncGenerator<Finding> {
  const python = usual();
  try {
    yield await starts(python);
    yield await reachesNoNetwork(python);
    yield await reachesNoFile(python);
    yield await startsNothing(python);
    yield await keepsToItsMemory(python, pythonBytes);
  } finally {
    await python.close();
  }
  yield await keepsToItsTime(hurried(SHORT_RUN_MS));
}

async function starts(python: Python): Promise<Finding> {
  await python.warmUp().catch((error: Error) => {
    throw new Problem(`${error.message} ${NEEDS}`, { cause: error });
  });
  const { output } = await run(python, 'import sys; print(sys.version.split()[0], 6 * 7)');
  const [version, answer] = output.trim().split(' ');
  if (answer !== '42') return broken(`Python starts, but does not run code: it said ${quoted(output)}.`);
  return well(`Python ${version} starts and runs code.`);
}

/** Python's own `connect` says nothing of it: only a listener that heard nothing proves that the network is shut. */
async function reachesNoNetwork(python: Python): Promise<Finding> {
  let heard = false;
  const server = createServer((socket) => {
    heard = true;
    socket.on('error', () => {}).destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { output } = await run(
    python,
    `import socket, urllib.request
for way in (
  lambda: socket.create_connection(("127.0.0.1", ${port}), 2).sendall(b"hello"),
  lambda: urllib.request.urlopen("http://127.0.0.1:${port}/", timeout=2).read(),
):
  try: way()
  except BaseException: pass
print("tried")`,
  );
  await new Promise((resolve) => server.close(resolve));
  if (heard) return broken(`Python reached the network of this machine. ${FALLEN}`);
  return tried(output, 'It reaches no network.');
}

async function reachesNoFile(python: Python): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), 'bobbin-doctor-'));
  const secret = randomUUID();
  const file = join(folder, 'secret.txt');
  const variable = `BOBBIN_DOCTOR_${secret.replaceAll('-', '')}`;
  process.env[variable] = secret;
  try {
    await writeFile(file, secret);
    const { output } = await run(
      python,
      `import os
for way in (
  lambda: open(${JSON.stringify(file)}).read(),
  lambda: open("/proc/self/environ").read(),
  lambda: dict(os.environ),
  lambda: os.listdir(${JSON.stringify(folder)}),
):
  try: print(way())
  except BaseException: pass
print("tried")`,
    );
    if (output.includes(secret) || output.includes('secret.txt'))
      return broken(`Python read a file or the environment of this machine. ${FALLEN}`);
    return tried(output, 'It reads no file and no environment of this machine.');
  } finally {
    delete process.env[variable];
    await rm(folder, { recursive: true });
  }
}

async function startsNothing(python: Python): Promise<Finding> {
  const { output } = await run(
    python,
    `import os, subprocess
for way in (
  lambda: print("started", os.popen("echo started").read()),
  lambda: print("started", subprocess.run(["node", "--version"])),
  lambda: print("started", os.kill(os.getppid(), 0)),
):
  try: way()
  except BaseException: pass
print("tried")`,
  );
  if (output.includes('started')) return broken(`Python reached another process. ${FALLEN}`);
  return tried(output, 'It starts no other process and reaches none.');
}

async function keepsToItsMemory(python: Python, pythonBytes: number): Promise<Finding> {
  const { output } = await run(
    python,
    `try: print("filled", len(bytearray(${2 * pythonBytes})))
except MemoryError: print("tried")`,
  );
  if (output.includes('filled')) return broken(`Python took more memory than it may. ${FALLEN}`);
  return tried(output, `It gets ${pythonBytes / MiB} MB of memory and no more.`);
}

async function keepsToItsTime(python: Python): Promise<Finding> {
  try {
    const { status, output } = await run(python, 'print("begun")\nwhile True: pass');
    if (status === 'failed' && output.includes('begun') && output.includes('time limit'))
      return well('What runs for too long is ended.');
    return broken(`Python was not ended at its time limit: it said ${quoted(output)}. ${FALLEN}`);
  } finally {
    await python.close();
  }
}

/** Code that did not come to its end has proved nothing. */
function tried(output: string, text: string): Finding {
  if (output.includes('tried')) return well(text);
  return broken(`A wall of the sandbox could not be tried, since Python said ${quoted(output)}.`);
}

export async function run(python: Python, code: string): Promise<{ status: string; output: string }> {
  const output: string[] = [];
  const request = { session: 'doctor', code, files: [] as [] };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const ended = await python
    .run(request, (text) => output.push(text), signal)
    .catch((error: unknown) => ({ status: 'failed' as const, ...(signal.aborted ? {} : { error }) }));
  if ('error' in ended) throw ended.error;
  return { status: ended.status, output: output.join('') };
}

/** The end of what was said, where the reason stands. */
export function quoted(output: string): string {
  return output.trim() === '' ? 'nothing' : `"${output.trim().slice(-300)}"`;
}
