import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { python } from './python.ts';

const sandbox = python();
const { tell } = sandbox;
afterAll(() => sandbox.close());

describe('the next call is not harmed by an earlier one that', () => {
  it.each([
    [
      'replaces builtins',
      'import builtins\nbuiltins.print = builtins.repr = builtins.compile = builtins.eval = None',
    ],
    [
      'empties builtins',
      'import builtins\nfor n in list(vars(builtins)):\n  if n not in ("list", "vars"): delattr(builtins, n)',
    ],
    ['closes standard output', 'import sys\nsys.stdout.close()'],
    ['replaces standard output', 'import sys\nsys.stdout = sys.stderr = None'],
    ['closes the descriptor of standard output', 'import os\nos.close(1)'],
    [
      'replaces the event loop',
      'import asyncio\nasyncio.set_event_loop(None); asyncio._set_running_loop(None)',
    ],
    [
      'traces everything',
      'import sys\ndef trace(*a): raise SystemExit\nsys.settrace(trace); sys.setprofile(trace)',
    ],
    ['lowers the recursion limit', 'import sys\nsys.setrecursionlimit(60)'],
    ['takes its own namespace away', 'globals().clear()'],
    ['takes the modules away', 'import sys\nsys.modules.clear()'],
    ['takes the working folder away', 'import os, shutil\nos.chdir("/")\nshutil.rmtree("/mnt/data")'],
    [
      'breaks what shows a traceback',
      'import traceback, linecache, io\ntraceback.format_exception = linecache.cache = io.TextIOWrapper = None',
    ],
    [
      'leaves its tasks behind',
      'import asyncio\nasync def f():\n  while True: await asyncio.sleep(0)\nt = asyncio.create_task(f())',
    ],
  ])('%s', async (_, code) => {
    const session = 'tampered';
    await tell(code, { session });
    const printed = await tell('import asyncio\nawait asyncio.sleep(0)\nprint("fine")\n20 + 1', { session });
    const next = printed.status === 'failed' ? await tell('print("fine")\n20 + 1', { session }) : printed;
    expect(next).toMatchObject({ status: 'completed', output: 'fine\n21\n' });
    expect((await tell('1 / 0', { session: 'bystander' })).output).toContain('ZeroDivisionError');
  });
});

/** A busy machine takes its time until a process has come to rest. */
const PATIENCE_MS = 10_000;

/** How long a process's main thread has run so far, in nanoseconds. https://docs.kernel.org/scheduler/sched-stats.html */
function timeOf(pid: number | undefined): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ', 1)[0]);
}

describe('a Python whose call is over', () => {
  const idle = python();
  afterAll(() => idle.close());

  it.runIf(process.platform === 'linux').each([
    [
      'promises of JavaScript without end',
      `import importlib.machinery, itertools
core = importlib.machinery.BuiltinImporter.load_module("_pyodide_core")
core.to_js([]).constructor.fromAsync(core.create_proxy(itertools.count()))`,
    ],
    [
      'tasks without end',
      `import asyncio
async def go_on():
  while True: await asyncio.sleep(0)
tasks = [asyncio.create_task(go_on()) for _ in range(100)]
await asyncio.sleep(0)`,
    ],
    [
      'timers',
      `import asyncio, signal
def again(*_): asyncio.get_event_loop().call_later(0.001, again)
again()
signal.signal(signal.SIGALRM, again)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)`,
    ],
    [
      'what is waited for by half',
      `import asyncio
async def halves():
  try:
    while True: yield await asyncio.sleep(0.001)
  finally: await asyncio.sleep(10)
async for _ in halves(): break`,
    ],
    [
      'objects that do something when they are forgotten',
      `import weakref, gc, atexit
class Again:
  def __del__(self): Again(); self.me = self
weakref.finalize(Again(), print, "gone")
atexit.register(print, "ended")
gc.set_threshold(1)`,
    ],
    ['threads', 'import threading, _thread\n_thread.start_new_thread(print, ())'],
  ])('does nothing at all, whatever it left behind, such as %s', async (_, code) => {
    await idle.tell(`${code}\nNone`);
    const [pid] = idle.processIds();
    const inTheMeantime = async () => {
      const before = timeOf(pid);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return timeOf(pid) - before;
    };
    await expect.poll(inTheMeantime, { timeout: PATIENCE_MS }).toBe(0);
    expect(await idle.tell('6 * 7')).toMatchObject({
      status: 'completed',
      output: expect.stringMatching(/42\n$/),
    });
  });
});

describe('one session', () => {
  it('rings its timers only while a call runs', async () => {
    const session = 'between';
    await tell('import asyncio\nasyncio.get_event_loop().call_later(0.001, print, "ghost");', { session });
    await new Promise((resolve) => setTimeout(resolve, 30));
    const during = await tell('import time\ntime.sleep(0.01)\nprint("mine")', { session });
    expect(during.output).toBe('ghost\nmine\n');
  });

  it("cannot reach another one's variables or files", async () => {
    const secret = `secret-${crypto.randomUUID()}`;
    await tell(
      `secret = "${secret}"\nopen("/mnt/data/note.txt", "w").write(secret)\nopen("/tmp/note", "w").write(secret);`,
      {
        session: 'mine',
      },
    );
    const code = `
import gc, os, glob
print([v for o in gc.get_objects() if type(o) is dict for v in o.values() if type(v) is str and "secret" + "-" in v], os.listdir("/mnt/data"), os.listdir("/tmp"))
print(glob.glob("/**/note*", recursive=True), "secret" in globals())`;
    const told = await tell(code, { session: 'yours' });
    expect(told).toMatchObject({ output: '[] [] []\n[] False\n', files: [] });
    expect(told.output).not.toContain(secret);
  });
});
