import { afterAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, processesFor } from '../../../src/assistants/code-interpreter/limits.ts';
import { SharedMemory } from '../../../src/assistants/memory/shared-memory.ts';
import { timeLeaps } from '../../sim/time-leap.ts';
import { file, python, start } from './python.ts';

const MiB = 1024 * 1024;

const sandbox = python({
  limits: {
    outputBytes: 1000,
    codeBytes: 2000,
    filesOut: 2,
    filesOutBytes: 5000,
    filesInBytes: 3000,
    pythonBytes: 128 * MiB,
    processBytes: 500 * MiB,
  },
});
const { tell } = sandbox;
afterAll(() => sandbox.close());

describe('the time limit', () => {
  /** Runs code whose time is over as soon as it has printed something, however long that took. */
  function outOfTime(code: string, session = 'endless') {
    const leap = timeLeaps();
    return tell(code, { session }, undefined, () => leap(DEFAULT_LIMITS.runMs));
  }

  it.each([
    [
      'a loop that catches everything',
      'while True:\n  try:\n    while True: pass\n  except BaseException: pass',
    ],
    ['work in C that Python cannot interrupt', 'sum(range(10**13))'],
    ['a sleep', 'import time; time.sleep(3600)'],
    ['an await', 'import asyncio; await asyncio.Event().wait()'],
    ['a flood', 'while True: print("spam" * 1000)'],
  ])('stops %s, says so, and the next call starts anew', async (_, code) => {
    const stopped = await outOfTime(`print("a" in globals())\na = 1\n${code}`);
    expect(stopped).toMatchObject({ status: 'failed', fresh: true, files: [] });
    expect(stopped.output).toMatch(/^False\n/);
    expect(stopped.output).toMatch(
      /\nThe code was stopped after 60 seconds, its time limit\. The variables and files of this session are gone\.\n$/,
    );
    expect(stopped.output.length).toBeLessThan(1300);
  });

  it('leaves nothing of a stopped call for a later one', async () => {
    const session = 'haunted';
    await outOfTime('import sys\nwhile True: sys.stdout.write("ghost"); sys.stdout.flush()', session);
    const calls = [await tell('1', { session }), await tell('2', { session: 'other' })];
    expect(calls.map(({ output }) => output)).toEqual(['1\n', '2\n']);
  });
});

describe('the output limit', () => {
  it('cuts what is printed, says so once, and lets the code go on', async () => {
    const told = await tell('for i in range(100000): print("x" * 99)\nended = True');
    expect(told.status).toBe('completed');
    const cut = 'The output was cut after 1 KB; in all it had 100,000 lines, 10 MB.';
    expect(told.output).toBe(`${`${'x'.repeat(99)}\n`.repeat(10)}${cut}\n`);
    expect((await tell('ended')).output).toBe('True\n');
  });

  it('is not reached by output of exactly that size', async () => {
    expect((await tell('print("y" * 999)')).output).toBe(`${'y'.repeat(999)}\n`);
  });

  it.each([
    ['print("x" * 999); print("a\\n\\nb", end="")', '4 lines, 1 KB'],
    ['import sys; sys.stderr.write("y\\n" * 2_000); sys.exit()', '2,000 lines, 4 KB'],
    ['print("z\\n" * 700)\n1 / 0', '706 lines, 1 KB'],
  ])('counts what was printed by %s', async (code, all) => {
    expect((await tell(code)).output).toMatch(new RegExp(`after 1 KB; in all it had ${all}\\.\n$`));
  });

  it('cuts no character in two', async () => {
    expect((await tell('print("é" * 600)')).output).toBe(
      `${'é'.repeat(500)}\nThe output was cut after 1 KB; in all it had 1 line, 1 KB.\n`,
    );
    expect((await tell('print("a" + "é" * 600)')).output).toBe(
      `a${'é'.repeat(499)}\nThe output was cut after 1 KB; in all it had 1 line, 1 KB.\n`,
    );
  });
});

describe('the memory limits', () => {
  it('raise a MemoryError that the code can catch', async () => {
    const told = await tell('kept = 5\nhoard = []\nwhile True: hoard.append(bytearray(2**24))');
    expect(told.status).toBe('completed');
    expect(told.output).toContain('MemoryError');
    expect((await tell('del hoard\nkept')).output).toBe('5\n');
  });

  it.each([
    ['files', 'with open("big", "wb") as f:\n  while True: f.write(bytes(2**24))'],
    [
      'files that are gone and still open',
      `import os
hoard, block = [], bytes(2**24)
while True:
  hoard.append(open("gone", "wb")); hoard[-1].write(block); hoard[-1].flush(); os.unlink("gone")`,
    ],
  ])('stop code that fills memory beside Python with %s', async (_, code) => {
    const told = await tell(code);
    expect(told).toMatchObject({ status: 'failed', files: [] });
    expect(told.output).toMatch(
      /more than 500 MB of memory\. The variables and files of this session are gone\.\n$/,
    );
  });

  it('let as many processes live as fit into a quarter of the memory, from two to eight', () => {
    const GiB = 1024 * MiB;
    expect([0.5, 2, 4, 8, 64].map((size) => processesFor(size * GiB))).toEqual([2, 2, 4, 8, 8]);
  });
});

describe.runIf(process.platform === 'linux')('the memory that all share', () => {
  it('is taken from the one that holds the most, which is told, and the others go on', async () => {
    const { tell } = start({ memory: new SharedMemory(650 * MiB) });
    await tell('kept = 1', { session: 'small' });
    const told = await tell('hoard = b"x" * (420 * 2**20)\nwhile True: pass', { session: 'large' });
    expect(told).toMatchObject({ status: 'failed', files: [] });
    expect(told.output).toBe(
      'The code was stopped because all that runs here used more than 650 MB of memory together, and it used the most. ' +
        'The variables and files of this session are gone.\n',
    );
    expect((await tell('kept', { session: 'small' })).output).toBe('1\n');
    expect(await tell('"hoard" in globals()', { session: 'large' })).toMatchObject({ fresh: true });
  });

  it('lets a new one wait until another has ended its call, and gives its memory back', async () => {
    const { tell, processIds } = start({ memory: new SharedMemory(300 * MiB) });
    await tell('1', { session: 'a' });
    // Long enough for a new one to start, if it did not wait.
    const busy = tell('import time\ntime.sleep(1)', { session: 'a' }).then(() => processIds());
    const waiting = tell('"b"', { session: 'b' });
    expect(await busy).toHaveLength(1);
    expect((await waiting).output).toBe("'b'\n");
    await expect.poll(processIds).toHaveLength(1);
    expect((await tell('1', { session: 'a' })).fresh).toBe(true);
  });

  it('is never all given to one party, however many calls it makes', async () => {
    const { tell, warmUp } = start({ memory: new SharedMemory(500 * MiB) });
    await warmUp();
    const [stopping, begun] = [new AbortController(), Promise.withResolvers<void>()];
    let ended = 0;
    const flood = Array.from({ length: 16 }, async (_, number) => {
      const request = { session: `flood ${number}`, party: 'flood' };
      await tell('import time\nprint(1)\ntime.sleep(3600)', request, stopping.signal, begun.resolve);
      ended += 1;
    });
    await begun.promise;
    expect((await tell('"c"', { session: 'c', party: 'cem' })).output).toBe("'c'\n");
    expect(ended).toBe(0);
    stopping.abort();
    await Promise.allSettled(flood);
  });

  it('is given by the session that was idle for longest to a spare, which starts when that one is gone', async () => {
    const { tell, warmUp, processIds } = start({ memory: new SharedMemory(700 * MiB) });
    await warmUp();
    const [ofA = 0] = processIds();
    for (const session of ['a', 'b']) await tell('1', { session });
    const stopping = new AbortController();
    const sleeping = tell('import time\ntime.sleep(3600)', { session: 'c' }, stopping.signal);
    const places = () => ({ count: processIds().length, hasA: processIds().includes(ofA) });
    await expect.poll(places).toEqual({ count: 3, hasA: false });
    stopping.abort();
    await expect(sleeping).rejects.toThrow('aborted');
  });
});

describe('the limits of code and files', () => {
  it('refuse code that is too long, and keep the session', async () => {
    await tell('kept = 1');
    expect(await tell(`"${'x'.repeat(2000)}"`)).toMatchObject({
      status: 'failed',
      output: 'The code is longer than 2 KB and was not run.\n',
    });
    expect((await tell('kept')).output).toBe('1\n');
  });

  it('hand back as many files as allowed, and name the others', async () => {
    const code = 'for name in "abc": open(name, "w").write(name)\nopen("big", "w").write("x" * 6000);';
    const told = await tell(code);
    expect(told.files.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(told.output).toBe('One call may hand back 2 files and 5 KB, so these files were left: c, big.\n');
  });

  it.each([
    ['very many, with long names', 'f"{n:04}" + "n" * 200'],
    ['very many, with names of many bytes', 'f"{n:04}" + "🐍" * 60'],
    ['very many, deep in folders', '"/".join(["d" * 60] * 3 + [f"{n:04}"])'],
  ])('tell ten of the files that are left and how many more, when they are %s', async (_, name) => {
    const session = name;
    const code = `
import os
for n in range(4000):
  path = ${name}
  os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
  open(path, "w").close()`;
    const { output, files, status } = await tell(code, { session });
    expect([files.length, status]).toEqual([2, 'completed']);
    expect(output).toMatch(/these files were left: (\S+…\S+, ){9}\S+…\S+ and 3,988 more\.\n$/);
    expect(output.length).toBeLessThan(1200);
    expect((await tell('1 + 1', { session })).output).toBe('2\n');
  });

  it.each([
    ['a line', '"a\\nb.txt"', /left: a�b\.txt\.\n$/],
    ['a sequence that turns a terminal red', '"\\x1b[31mred"', /left: �\[31mred\.\n$/],
    ['a backslash', '"a\\\\b"', /left: a\\b\.\n$/],
    ['no end', '"/".join(["n" * 250] * 3)', /left: n+…n+\.\n$/],
  ])('leave a file whose name has %s, and say so', async (_, name, said) => {
    const code = `import os\npath = ${name}\nos.makedirs(os.path.dirname(path) or ".", exist_ok=True)\nopen(path, "w").close()`;
    const { output, files } = await tell(code, { session: 'names' });
    expect(files).toEqual([]);
    expect(output).toMatch(/^A name may have 255 characters, without control characters and backslashes, so/);
    expect(output).toMatch(said);
    expect(output.length).toBeLessThan(300);
  });

  it.each([
    ['a traceback with a giant message', 'raise ValueError("x" * 10**7)'],
    ['a giant value', '["y" * 10**6] * 5'],
    ['an exception group of very many', 'raise ExceptionGroup("z" * 10**6, [ValueError("a" * 1000)] * 1000)'],
    ['a giant note', 'e = KeyError(1)\ne.add_note("n" * 10**7)\nraise e'],
    ['a module with a giant name', '__import__("m" * 10**6)'],
    ['a giant word of farewell', 'import sys; sys.exit("bye" * 10**6)'],
    ['a giant warning', 'import warnings; warnings.warn("w" * 10**6)'],
  ])('hold for %s', async (_, code) => {
    const { output, status } = await tell(code);
    expect(status).toBe('completed');
    expect(output).toMatch(/The output was cut after 1 KB; in all it had .*\.\n$/);
    expect(output.length).toBeLessThan(1200);
  });

  it('tell ten of the files that are not there and how many more, and cut their names', async () => {
    const read = () => Promise.reject(new Error('e'.repeat(10_000)));
    const files = Array.from({ length: 500 }, (_, n) => ({ name: `${n}${'n'.repeat(5_000)}`, read }));
    const { output } = await tell('1', { files, session: 'names' });
    expect(
      output.match(/^The file \d+n+…n{20} is not in \/mnt\/data: it could not be read\.$/gm),
    ).toHaveLength(10);
    expect(output).toMatch(/\nNor are 490 more files, for such reasons\.\n1\n$/);
    expect(output.length).toBeLessThan(25_000);
  });

  it('put no more into a session than allowed', async () => {
    const files = [file('small', 'x'.repeat(2000)), file('too much', 'x'.repeat(2000))];
    const { output } = await tell('import os; [n for n in os.listdir() if n in ("small", "too much")]', {
      files,
    });
    expect(output).toBe(
      "The file too much is not in /mnt/data: the files of a session may have 3 KB together.\n['small']\n",
    );
  });
});
