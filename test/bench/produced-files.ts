import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { ByteQuota, DEFAULT_QUOTAS } from '../../src/assistants/byte-quota.ts';
import { createSandbox } from '../../src/assistants/code-interpreter/sandbox.ts';
import { createAssistants } from '../../src/assistants/index.ts';
import { openHttp } from '../../src/operations/http.ts';
import { openStore } from '../../src/store/open-store.ts';
import { end, python, ScriptedModel, says } from '../sim/scripted-model.ts';
import { type Figure, print } from './figure.ts';

const CALLS = 8;
const MB = 1024 * 1024;
const LOOK_EVERY_MS = 20;

/** As much as no run may make, to see what it does to everybody else. */
const ENDLESS = { run: 4096 * MB, conversation: 4096 * MB, day: 4096 * MB, days: 30 };

const CODE = (call: number) =>
  `import os\nfor i in range(4):\n    with open(f"${call}-{i}.bin", "wb") as f:\n        f.write(os.urandom(8 * 1024 * 1024))`;

/** Eight calls of an answer, each of which writes four files of 8 MB, over a database on the disk. */
export async function producedFilesFigures(): Promise<Figure[]> {
  const within = await produce(DEFAULT_QUOTAS);
  const without = await produce(ENDLESS);
  return [
    { name: '32 files of 8 MB: kept, of 256 MB', value: `${within.keptMb} MB`, aim: '64 MB' },
    { name: '32 files of 8 MB: the longest wait for /healthz', value: `${within.waitMs} ms`, aim: '500 ms' },
    { name: 'the same, all of them kept', value: `${without.waitMs} ms, ${without.keptMb} MB` },
    { name: 'most memory of the process', value: `${without.residentMb} MB` },
  ];
}

async function produce(limits: typeof DEFAULT_QUOTAS) {
  const dataDir = await mkdtemp(join(tmpdir(), 'bobbin-bench-'));
  const store = await openStore({ dataDir });
  const sandbox = createSandbox({ cacheDir: dataDir });
  await sandbox.warmUp();
  const calls = Array.from({ length: CALLS }, (_, at) => python(CODE(at), `call_${at}`, at)).flat();
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    model: new ScriptedModel([...calls, end()], says('Done.')),
    codeInterpreter: sandbox,
    quotas: { produced: new ByteQuota(store.keyv('produced-bytes'), limits) },
    onError: (error) => process.stderr.write(`${error}\n`),
  });
  const http = await openHttp({ port: 0, hostname: '127.0.0.1', ready: () => true });
  const client = new OpenAI({ apiKey: 'x', baseURL: 'http://bench/v1', fetch: assistants.fetch });
  const { id } = await client.beta.assistants.create({ model: 'm', tools: [{ type: 'code_interpreter' }] });
  const watch = watchHealth(`http://127.0.0.1:${http.port}/healthz`);
  await client.beta.threads.createAndRunPoll({
    assistant_id: id,
    thread: { messages: [{ role: 'user', content: 'Write.' }] },
  });
  const waits = await watch.end();
  const files = await store.page<{ bytes: number }>('files', '', 1_000);
  await assistants.close();
  await Promise.all([sandbox.close(), http.close()]);
  await store.close();
  await rm(dataDir, { recursive: true });
  const keptMb = files.reduce((sum, [, { bytes }]) => sum + bytes, 0) / MB;
  return { keptMb, ...waits };
}

/** Asks again and again whether the process lives; tells how long that took at most. */
function watchHealth(url: string) {
  let [longest, resident] = [0, 0];
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const begun = performance.now();
      await (await fetch(url)).text();
      longest = Math.max(longest, performance.now() - begun);
      resident = Math.max(resident, process.memoryUsage.rss());
      await sleep(LOOK_EVERY_MS);
    }
  })();
  return {
    async end() {
      isOver = true;
      await looking;
      return { waitMs: Math.round(longest), residentMb: Math.round(resident / MB) };
    },
  };
}

if (import.meta.main) print(await producedFilesFigures());
