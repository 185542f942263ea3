import { afterAll, describe, expect, it } from 'vitest';
import { file, python } from './python.ts';

const sandbox = python();
const { tell } = sandbox;
afterAll(() => sandbox.close());

describe('Python of one session', () => {
  it('shows what is printed, then the value of a last expression, as a notebook does', async () => {
    const told = await tell('print("one")\n2 + 2');
    expect(told).toMatchObject({ status: 'completed', output: 'one\n4\n', files: [] });
  });

  it('shows no None, and nothing for an expression that ends with a semicolon', async () => {
    expect((await tell('None')).output).toBe('');
    expect((await tell('5;')).output).toBe('');
  });

  it('runs nothing when there is no code', async () => {
    expect(await tell('  \n# nothing\n')).toMatchObject({ status: 'completed', output: '' });
  });

  it('keeps variables, imports, functions and classes from call to call', async () => {
    const first = await tell('import math\nx = 20\ndef double(n): return 2 * n');
    const second = await tell('double(x) + math.floor(2.5)');
    expect([first.output, second.fresh, second.output]).toEqual(['', false, '42\n']);
  });

  it('keeps the last value as _', async () => {
    await tell('6 * 7');
    expect((await tell('_ + 1')).output).toBe('43\n');
  });

  it('gives every session its own variables', async () => {
    await tell('secret = 1', { session: 'mine' });
    const other = await tell('secret', { session: 'yours' });
    expect(other.output).toContain("NameError: name 'secret' is not defined");
  });

  it('shows an exception from the frames of the code itself on, and completes', async () => {
    const told = await tell('def f():\n    return 1 / 0\n\nf()');
    expect(told.status).toBe('completed');
    expect(told.output).toMatch(
      /^Traceback \(most recent call last\):\n {2}File "<cell \d+>", line 4, in <module>\n/,
    );
    expect(told.output).toContain('return 1 / 0');
    expect(told.output).toMatch(/ZeroDivisionError: division by zero\n$/);
    expect(told.output).not.toContain('runner');
  });

  it('points at a syntax error', async () => {
    const { output } = await tell('if True print(1)');
    expect(output).toMatch(/File "<cell \d+>", line 1\n/);
    expect(output).toContain('SyntaxError');
    expect(output).not.toContain('runner');
  });

  it('awaits at top level, and runs asyncio.run() as a script would', async () => {
    const code = `
import asyncio
async def later(n):
    await asyncio.sleep(0.001)
    return n
print(await later(1), asyncio.run(later(2)))
await asyncio.gather(later(3), later(4))`;
    expect((await tell(code)).output).toBe('1 2\n[3, 4]\n');
  });

  it('lets a task of an earlier call go on only while another call runs', async () => {
    await tell('import asyncio\nasync def work(): await asyncio.sleep(0); print("worked"); return 9');
    const started = await tell('task = asyncio.create_task(work())');
    const awaited = await tell('await task');
    expect([started.output, awaited.output]).toEqual(['', 'worked\n9\n']);
  });

  it('keeps stdout and stderr in the order of the code', async () => {
    const code = 'import sys\nprint("a")\nprint("b", file=sys.stderr)\nsys.stdout.write("c\\n");';
    expect((await tell(code)).output).toBe('a\nb\nc\n');
  });

  it('prints any text, broken surrogates included', async () => {
    expect((await tell('print("héllo 😀 \\ud800")')).output).toBe('héllo 😀 \\ud800\n');
  });

  it('says that input() cannot be answered', async () => {
    const { output } = await tell('input("Name? ")');
    expect(output).toContain('nobody can type into this Python');
    expect((await tell('import sys; sys.stdin.read()')).output).toBe("''\n");
  });

  it('takes sys.exit() for the end of the call and not of the session', async () => {
    await tell('kept = 1');
    expect(await tell('import sys; sys.exit("goodbye")')).toMatchObject({
      status: 'completed',
      output: 'goodbye\n',
    });
    expect((await tell('kept')).output).toBe('1\n');
  });

  it.each(['numpy', 'pandas', 'matplotlib.pyplot'])(
    'says that %s is not there and what to do',
    async (name) => {
      const { output } = await tell(`import ${name}`);
      expect(output).toContain(`ModuleNotFoundError: No module named '${name.split('.')[0]}'`);
      expect(output).toContain('has the standard library only and no network');
      expect(output).not.toMatch(/micropip|loadPackage|yodide/);
    },
  );

  it('has the standard library', async () => {
    const code = `
import json, csv, io, sqlite3, datetime, decimal, fractions, re, statistics, random, math, hashlib, zipfile, zlib
import bz2, lzma, xml.etree.ElementTree, html, base64, uuid, collections, itertools, functools, difflib, textwrap
db = sqlite3.connect(":memory:")
rows = list(csv.reader(io.StringIO("a,b\\n1,2")))
(json.loads("[1]"), rows[1], db.execute("select 40 + 2").fetchone(), decimal.Decimal("0.1") + decimal.Decimal("0.2"),
 fractions.Fraction(1, 3), statistics.mean([1, 2, 3]), hashlib.sha256(b"").hexdigest()[:4])`;
    const { output } = await tell(code);
    expect(output).toBe("([1], ['1', '2'], (42,), Decimal('0.3'), Fraction(1, 3), 2, 'e3b0')\n");
  });

  it('pickles classes of the code', async () => {
    const code = 'import pickle\nclass A: pass\ntype(pickle.loads(pickle.dumps(A()))).__name__';
    expect((await tell(code)).output).toBe("'A'\n");
  });

  it('knows the time', async () => {
    const before = Date.now() / 1000;
    const { output } = await tell('import time; time.time()');
    expect(Number(output)).toBeGreaterThanOrEqual(Math.floor(before));
    expect(Number(output)).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
  });

  it('throws other dice in every session', async () => {
    const code = 'import random, os, uuid\n(random.random(), os.urandom(8), uuid.uuid4())';
    const [one, other] = [await tell(code, { session: 'dice' }), await tell(code, { session: 'more dice' })];
    expect(one.output.slice(0, 12)).not.toBe(other.output.slice(0, 12));
    expect(one.output.slice(-40)).not.toBe(other.output.slice(-40));
  });
});

describe('/mnt/data', () => {
  it('is where code runs and finds its files, in folders too', async () => {
    const files = [file('a.csv', 'x,y'), file('deep/er/b.txt', 'bee')];
    const code = 'import os\n(os.getcwd(), open("a.csv").read(), open("/mnt/data/deep/er/b.txt").read())';
    const told = await tell(code, { files });
    expect(told).toMatchObject({ output: "('/mnt/data', 'x,y', 'bee')\n", files: [] });
  });

  it('asks for a file only once in a session', async () => {
    let reads = 0;
    const once = { name: 'once.txt', read: async () => Buffer.from(String(++reads)) };
    for (let call = 0; call < 3; call++) await tell('open("once.txt").read()', { files: [once] });
    expect(reads).toBe(1);
  });

  it('says which file could not be read, and runs the code', async () => {
    const lost = {
      name: 'lost.txt',
      read: () => Promise.reject(new Error('no such file, open /srv/blobs/1')),
    };
    const { output } = await tell('1', { files: [lost, { ...lost, name: '../up.txt' }] });
    expect(output).toBe(
      'The file lost.txt is not in /mnt/data: it could not be read.\n' +
        'The file ../up.txt is not in /mnt/data: its name is no path below it.\n1\n',
    );
  });

  it('says that code is in the way of a file, and keeps the session', async () => {
    await tell('import os\nos.mkdir("taken.csv")');
    const { output, fresh } = await tell('1', { files: [file('taken.csv', 'x')] });
    expect([output, fresh]).toEqual([
      'The file taken.csv is not in /mnt/data: code has put something else in its place.\n1\n',
      false,
    ]);
  });

  it('hands back what was written or changed, once', async () => {
    const written = await tell(
      'import os\nos.makedirs("plots")\nopen("plots/a.txt", "w").write("1"); open("b.bin", "wb").write(bytes([0, 255]));',
      { files: [file('given.txt', 'untouched')] },
    );
    expect(written.files.map(({ name }) => name).sort()).toEqual(['b.bin', 'plots/a.txt']);
    expect([...(written.files.find(({ name }) => name === 'b.bin')?.bytes ?? [])]).toEqual([0, 255]);
    expect((await tell('1')).files).toEqual([]);
    const changed = await tell('open("given.txt", "w").write("untouchex");');
    expect(changed.files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).toEqual([
      ['given.txt', 'untouchex'],
    ]);
  });

  it('hands back files after an exception too', async () => {
    const told = await tell('open("before.txt", "w").write("x")\n1/0');
    expect(told.files.map(({ name }) => name)).toEqual(['before.txt']);
  });

  it('imports modules from there, and hands back no bytecode', async () => {
    const files = [file('helper.py', 'def f(): return "helped"')];
    const told = await tell('import helper; helper.f()', { files });
    expect(told).toMatchObject({ output: "'helped'\n", files: [] });
  });
});
