import { afterAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, processesFor } from '../../../src/assistants/code-interpreter/limits.ts';
import { timeLeaps } from '../../sim/time-leap.ts';
import { file, python } from './python.ts';

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
      "JavaScript's own memory",
      `import importlib.machinery
core = importlib.machinery.BuiltinImporter.load_module("_pyodide_core")
hoard, block = [], bytes(2**24)
while True: hoard.append(core.to_js(block))`,
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
