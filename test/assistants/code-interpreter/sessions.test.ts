import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { CACHE, python, start } from './python.ts';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('calls of one session', () => {
  const shared = python();
  const { run, tell } = shared;
  afterAll(() => shared.close());

  it('run one after another, in order', async () => {
    const calls = await Promise.all([
      tell('import time\nseen = [1]\ntime.sleep(0.02)'),
      tell('seen.append(2)'),
      tell('seen'),
    ]);
    expect(calls.map(({ output }) => output)).toEqual(['', '', '[1, 2]\n']);
  });

  it('are not run at all when they were aborted while they waited', async () => {
    const stopping = new AbortController();
    const first = tell('import time\ntime.sleep(0.05)\nran = []');
    const second = tell('ran.append(2)', {}, stopping.signal);
    stopping.abort();
    await expect(second).rejects.toThrow('aborted');
    await first;
    expect((await tell('ran')).output).toBe('[]\n');
  });

  it('are heard as they print, and an abort kills them at once and rejects with its reason', async () => {
    const stopping = new AbortController();
    const reason = new Error('The person pressed stop.');
    const pieces: string[] = [];
    const onOutput = (text: string) => {
      pieces.push(text);
      stopping.abort(reason);
    };
    const request = { session: 'thread_a', code: 'print("begun")\nwhile True: print("more")', files: [] };
    await expect(run(request, onOutput, stopping.signal)).rejects.toBe(reason);
    expect(pieces).toHaveLength(1);
    expect(await tell('1')).toMatchObject({ fresh: true, output: '1\n' });
  });

  it('reject with what their listener threw', async () => {
    const onOutput = () => {
      throw new Error('The reply is gone.');
    };
    const request = { session: 'thread_a', code: 'print(1)', files: [] };
    await expect(run(request, onOutput, new AbortController().signal)).rejects.toThrow('The reply is gone.');
    expect((await tell('2')).output).toBe('2\n');
  });

  it('are not run when they were aborted before', async () => {
    const { tell, processIds } = start();
    await expect(tell('1', {}, AbortSignal.abort())).rejects.toThrow('aborted');
    expect(processIds()).toEqual([]);
  });
});

describe('processes', () => {
  it('are shared by nobody, and the one that was idle for longest makes room', async () => {
    const { tell, processIds } = start({ limits: { processes: 2 } });
    for (const session of ['a', 'b', 'a']) await tell(`name = "${session}"`, { session });
    const [ofA, ofB] = processIds();
    await tell('1', { session: 'c' });
    await expect.poll(processIds).toHaveLength(2);
    expect(processIds()).toContain(ofA);
    expect(processIds()).not.toContain(ofB);
    expect((await tell('name', { session: 'a' })).output).toBe("'a'\n");
  });

  it('make a call wait its turn while all are busy, tell it so once and only then, and let an aborted one leave', async () => {
    const { tell, processIds } = start({ limits: { processes: 1 } });
    const [order, told]: [string[], string[]] = [[], []];
    const call = async (session: string) => {
      const stopping = new AbortController();
      const onWait = () => {
        told.push(session);
        if (session === 'b') stopping.abort();
      };
      const { output } = await tell(
        'import time\ntime.sleep(0.02)\n"done"',
        { session, onWait },
        stopping.signal,
      );
      order.push(session + output);
    };
    const [first, left, ...rest] = ['a', 'b', 'c', 'a'].map((session) => call(session));
    await expect(left).rejects.toThrow('aborted');
    await Promise.all([first, ...rest]);
    expect(order).toEqual(["a'done'\n", "c'done'\n", "a'done'\n"]);
    expect(told.sort()).toEqual(['a', 'b', 'c']);
    expect(processIds()).toHaveLength(1);
  });

  it('are no more than the spare once the sessions are over, also when these end at the same time', async () => {
    const { tell, warmUp, processIds } = start({ limits: { idleMs: 20, processes: 8 } });
    await warmUp();
    await Promise.all(['a', 'b'].map((session) => tell('x = 1', { session })));
    await expect.poll(processIds).toHaveLength(1);
    expect(await tell('"x" in globals()', { session: 'a' })).toMatchObject({
      fresh: true,
      output: 'False\n',
    });
    await expect.poll(processIds).toHaveLength(1);
  });

  it('are ready before they are needed after warmUp(), one at a time, and all gone after close(), when none is started again', async () => {
    const { tell, warmUp, processIds, close } = start();
    await warmUp();
    const [spare] = processIds();
    await tell('1');
    await expect.poll(processIds).toHaveLength(2);
    expect(processIds()).toContain(spare);
    const begun = Promise.withResolvers<void>();
    const endless = tell('print(1)\nwhile True: pass', {}, undefined, begun.resolve);
    await begun.promise;
    const pids = processIds();
    await close();
    expect(pids.filter(isAlive)).toEqual([]);
    expect((await endless).status).toBe('failed');
    expect(await tell('1')).toMatchObject({ status: 'failed' });
    expect(processIds()).toEqual([]);
  });

  it('end by themselves when the bot was killed, even in an endless loop', async () => {
    const sandbox = fileURLToPath(
      new URL('../../../src/assistants/code-interpreter/sandbox.ts', import.meta.url),
    );
    const script = `
      import { createSandbox } from ${JSON.stringify(sandbox)};
      const sandbox = createSandbox({ cacheDir: ${JSON.stringify(CACHE)} });
      await sandbox.warmUp();
      const loop = (code) => new Promise((begun) => sandbox.run({ session: code, code: 'print(1)\\n' + code, files: [] }, begun, new AbortController().signal));
      await Promise.all([loop('while True: pass'), loop('sum(range(10**13))')]);
      console.log(JSON.stringify(sandbox.processIds()));`;
    const bot = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await Array.fromAsync(
      createInterface({ input: bot.stdout }).on('line', () => bot.kill('SIGKILL')),
    );
    const pids: number[] = JSON.parse(line ?? '[]');
    expect(pids.length).toBeGreaterThanOrEqual(2);
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });
});
