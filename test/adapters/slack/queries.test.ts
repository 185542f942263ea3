import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { addFile } from '../../../src/assistants/file.ts';
import { openState, type State } from '../../../src/assistants/state.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { type PostgresServer, startPostgres } from '../../sim/postgres.ts';
import { startPostgresWire } from '../../sim/postgres-wire.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { GENERAL, isQuiet, openWorld, withoutButtons } from './world.ts';

/**
 * A turn takes no more round trips to PostgreSQL than this, however long the thread is: about half of them for the thread
 * and its run, ten for the queue and the ledger, and the rest for what people may have deleted and for locks. Two or three
 * fewer where writes happen to be under way together.
 */
const MOST_QUERIES = 36;

/** The more, once, for a thread of which this process does not know how it ends. */
const TO_FIND_THE_END = 4;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

/** Slack's limits are of no interest where the store's are. */
const AT_ONCE = { sim: { rates: { speed: 6_000 } }, slack: { timing: { minute: 10 } } };

/** Slack and the whole bot over PostgreSQL; `turn` gives how many queries one answer took. */
async function scene(database: string) {
  await server.createDatabase(database);
  const wire = await startPostgresWire(server.port);
  onTestFinished(() => wire.close());
  const store = await openStore({ dataDir: '/nowhere', databaseUrl: wire.through(server.url(database)) });
  const model = new ScriptedModel(says('Fine.'));
  const { sim } = await openWorld({ model, store });
  const turn = async (thread?: string) => {
    wire.taken();
    const before = model.requests.length;
    const { ts } = sim.user('ann').says(GENERAL, '@bobbin hello', thread === undefined ? {} : { thread });
    await sim.until(() => model.requests.length > before && isQuiet(sim.thread(GENERAL, thread ?? ts)));
    let queries = 0;
    // The last ones come right after the end that people see.
    for (let more = wire.taken(); more > 0; more = wire.taken()) {
      queries += more;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return { ts, queries, items: model.requests.at(-1)?.items.length ?? 0 };
  };
  const state = openState((namespace) => store.keyv(namespace));
  const threadOf = async (ts: string) =>
    (await store.keyv<string>('conversations').get(`slack:${GENERAL}:${ts}`)) ?? '';
  return { turn, state, threadOf };
}

/** Adds turns to a thread as another copy of Bobbin would, each with so many steps of code; copies of its own first. */
async function grow(state: State, threadId: string, turns: number, codeSteps = 0): Promise<void> {
  const run = (await state.runs.last(threadId)) as Run;
  const answer = (await state.messages.last(threadId)) as Message;
  const step = (await state.steps.last(run.id)) as RunStep;
  for (let turn = 0; turn < turns; turn++) {
    const ofRun = { ...run, id: `${run.id}${turn}` };
    const question = await questionWithFiles(state, answer, turn, codeSteps > 0);
    await state.messages.append(threadId, question);
    const steps = async () => {
      for (let index = 0; index < codeSteps; index++) {
        const call = { id: `call_${turn}_${index}`, type: 'code_interpreter' as const };
        const tool_calls = [{ ...call, code_interpreter: { input: '1', outputs: [] } }];
        const details = { type: 'tool_calls' as const, tool_calls };
        const id = `${step.id}${turn}${index}code`;
        await state.steps.append(ofRun.id, { ...step, id, run_id: ofRun.id, step_details: details });
      }
    };
    await Promise.all([
      state.runs.append(threadId, ofRun),
      state.messages.append(threadId, { ...answer, id: `${answer.id}${turn}`, run_id: ofRun.id }),
      steps(),
    ]);
  }
}

/** Some of the first have an image and an attached file. */
async function questionWithFiles(
  state: State,
  like: Message,
  turn: number,
  hasFiles: boolean,
): Promise<Message> {
  const question: Message = { ...like, id: `${like.id}${turn}user`, role: 'user', run_id: null };
  if (!hasFiles) return question;
  const newFile = { filename: `${turn}.png`, purpose: 'assistants' as const, bytes: new Uint8Array(10) };
  const { id } = await addFile(state, newFile);
  await state.threads.update(like.thread_id, (thread) => {
    const known = thread.tool_resources?.code_interpreter?.file_ids ?? [];
    return { ...thread, tool_resources: { code_interpreter: { file_ids: [...known, id] } } };
  });
  return {
    ...question,
    content: [{ type: 'image_file', image_file: { file_id: id, detail: 'auto' } }],
    attachments: [{ file_id: id, tools: [{ type: 'code_interpreter' }] }],
  };
}

interface Turn {
  queries: number;
  items: number;
}

/** The turn of two that took fewer queries: the clock may add some, of a run every two seconds, of a store now and then. */
async function leaner(
  turn: (thread?: string) => Promise<Turn>,
  threads: readonly [string?, string?],
): Promise<Turn> {
  const [one, other] = [await turn(threads[0]), await turn(threads[1])];
  return one.queries < other.queries ? one : other;
}

test('a turn takes few queries in a new thread, in the next one, and in a thread of five hundred turns', async () => {
  const { turn, state, threadOf } = await scene('growing');
  const threads = [(await turn()).ts, (await turn()).ts] as const;
  expect((await leaner(turn, [])).queries).toBeLessThanOrEqual(MOST_QUERIES);
  expect((await leaner(turn, threads)).queries).toBeLessThanOrEqual(MOST_QUERIES);
  for (const ts of threads) await grow(state, await threadOf(ts), 510);
  const grown = await leaner(turn, threads);
  expect(grown.items).toBeGreaterThan(490);
  expect(grown.queries).toBeLessThanOrEqual(MOST_QUERIES + TO_FIND_THE_END);
  expect((await leaner(turn, threads)).queries).toBeLessThanOrEqual(MOST_QUERIES);
});

test('fifty conversations at once are answered with five connections, of which others hold three', async () => {
  const crowded = await startPostgres(5);
  onTestFinished(() => crowded.stop());
  const others = Array.from({ length: 5 }, () => new Client({ connectionString: crowded.url() }));
  for (const other of others) await other.connect();
  const opening = openStore({ dataDir: '/nowhere', databaseUrl: crowded.url() });
  // As long as they hold all five, it waits.
  for (const other of others.splice(0, 2)) await other.end();
  const store = await opening;
  const { sim } = await openWorld({ model: new ScriptedModel(says('Fine.')), store, ...AT_ONCE });
  const asked = Array.from({ length: 50 }, (_, n) => sim.user('ann').says(GENERAL, `@bobbin hello ${n}`));
  await sim.until(() => asked.every(({ ts }) => isQuiet(sim.thread(GENERAL, ts))));
  for (const { ts } of asked) expect(sim.texts(GENERAL, ts).map(withoutButtons)).toEqual(['Fine.']);
  for (const other of others) await other.end();
});

test('runs of many steps, images and attached files cost no queries of their own', async () => {
  const { turn, state, threadOf } = await scene('files');
  const threads = [(await turn()).ts, (await turn()).ts] as const;
  for (const ts of threads) await grow(state, await threadOf(ts), 15, 9);
  const grown = await leaner(turn, threads);
  expect(grown.items).toBeGreaterThan(15 * 9);
  // One for the steps after the first few of each run, one for the images.
  expect(grown.queries).toBeLessThanOrEqual(MOST_QUERIES + TO_FIND_THE_END + 2);
});
