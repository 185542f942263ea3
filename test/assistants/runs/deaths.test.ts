import fc from 'fast-check';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { expect, test } from 'vitest';
import type { Model, ModelEvent, ModelRequest } from '../../../src/assistants/models/model.ts';
import { openState } from '../../../src/assistants/state.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { calls, end, python, says, search, text, usage } from '../../sim/scripted-model.ts';
import { makeStores, ScriptedSearch } from '../../sim/scripted-search.ts';
import { conversation, openApi } from './assistants-api.ts';
import { type Process, sharedStore } from './processes.ts';

type Tool = 'code' | 'plot' | 'search' | 'weather' | 'again' | 'nonsense';

interface Script {
  /** Answers with calls, and what is said before and after these. */
  answers: { before: string; tools: Tool[]; after: string }[];
  last: string[];
}

const words = fc.constantFrom('', 'Let me see. ', 'Once upon a time. ');
const script: fc.Arbitrary<Script> = fc.record({
  answers: fc.array(
    fc.record({
      before: words,
      tools: fc.array(fc.constantFrom<Tool>('code', 'plot', 'search', 'weather', 'again', 'nonsense'), {
        minLength: 1,
        maxLength: 3,
      }),
      after: words,
    }),
    { maxLength: 4 },
  ),
  last: fc.array(
    fc.constantFrom('It is ', '42【1:1†hand', 'book.md】', ' [so](sandbox:/mnt/data/plot00.csv).'),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
});

/** Gives the answer that comes after those whose calls the request holds with their outputs, as slowly as a network does. */
function modelOf({ answers, last }: Script): Model {
  return {
    async *respond({ items }: ModelRequest) {
      const done = new Set(
        items.flatMap((item) => (item.type === 'tool_output' ? item.callId.slice(0, 2) : [])),
      );
      const answer = answers[done.size];
      for (const event of answer ? eventsOf(answer, done.size) : says(...last)) {
        await new Promise(setImmediate);
        yield event;
      }
    },
    offered: async () => [{ id: 'scripted' }],
  };
}

function eventsOf({ before, tools, after }: Script['answers'][number], at: number): ModelEvent[] {
  const called = tools.flatMap((tool, index) => {
    const id = `c${at}${index}`;
    if (tool === 'search') return search([id], id, index);
    if (tool === 'code' || tool === 'plot') return python(`${tool}${at}${index}`, id, index);
    if (tool === 'again') return calls('weather', '{}', id, index);
    return calls(tool, JSON.stringify({ id }), id, index);
  });
  return [...(before ? [text(before)] : []), ...called, ...(after ? [text(after)] : []), usage, end()];
}

function interpreterOf({ answers }: Script): ScriptedInterpreter {
  const plots = answers.flatMap(({ tools }, at) => tools.map((_, index) => `${at}${index}`));
  const file = (name: string) => ({ name, bytes: new Uint8Array([1]) });
  return new ScriptedInterpreter(
    Object.fromEntries(
      plots.map((at) => [`plot${at}`, { files: [file(`plot${at}.png`), file(`plot${at}.csv`)] }]),
    ),
  );
}

/** Brings the run to its end, as a client does that polls; ends with the process. */
async function drive(
  { client }: ReturnType<typeof openApi<Model>>,
  threadId: string,
  id: string,
): Promise<Run> {
  const { runs } = client.beta.threads;
  for (;;) {
    const run = await runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 1 });
    if (run.status !== 'requires_action') return run;
    const wanted = run.required_action?.submit_tool_outputs.tool_calls ?? [];
    const tool_outputs = wanted.map((call) => ({ tool_call_id: call.id, output: `fine ${call.id}` }));
    await runs.submitToolOutputs(id, { thread_id: threadId, tool_outputs });
  }
}

/** The code calls whose end is kept. */
async function doneCodes({ keyv }: Process, id: string): Promise<string[]> {
  const steps = (await openState(keyv).steps.lists([id])).get(id) ?? [];
  return steps.flatMap(({ step_details: details, answer }) =>
    details.type === 'tool_calls'
      ? details.tool_calls.flatMap((call, at) =>
          call.type === 'code_interpreter' && (answer?.outputs[at] ?? null) !== null
            ? call.code_interpreter.input
            : [],
        )
      : [],
  );
}

/** The searches whose end is kept. */
async function doneSearches({ keyv }: Process, id: string): Promise<string[]> {
  const { found, steps } = openState(keyv);
  const known = new Set(((await found.lists([id])).get(id) ?? []).map((each) => each.id));
  return ((await steps.lists([id])).get(id) ?? []).flatMap(({ id: stepId, step_details: details }) =>
    details.type === 'tool_calls'
      ? details.tool_calls.flatMap((call, at) => (known.has(`${stepId}-${at}`) ? [call.id] : []))
      : [],
  );
}

/** After how many writes a process ends, and whether it is asked to or killed. */
interface Death {
  writes: number;
  isKilled: boolean;
}

/** The thread after a run whose processes die so; ids and times left out. */
async function outcome(played: Script, deaths: Death[]) {
  const processes = sharedStore();
  const interpreter = interpreterOf(played);
  const fileSearch = new ScriptedSearch({
    vs_team: [{ text: 'Found.' }, { text: 'Found, too.', score: 0.7 }],
  });
  const open = (process: Process) =>
    openApi(modelOf(played), { keyv: process.keyv, interpreter, fileSearch, checkpointMs: 1 });
  let process = processes();
  let api = open(process);
  const { assistant, threadId, ask } = await conversation(api);
  await makeStores(api.state, 'vs_team');
  await api.client.beta.assistants.update(assistant.id, {
    tools: [...assistant.tools, { type: 'file_search' }],
    tool_resources: { file_search: { vector_store_ids: ['vs_team'] } },
  });
  const { id } = await api.client.beta.threads.runs.create(threadId, { ...ask, metadata: { turn: '1' } });
  for (const { writes, isKilled } of deaths) {
    const [dying, left] = [process, api.runs];
    process.after(writes, () => (isKilled ? dying.kill() : void left.close().then(dying.kill)));
    const ended = await Promise.race([process.dead, drive(api, threadId, id)]);
    if (ended) break;
    const [done, found] = [await doneCodes(processes(), id), await doneSearches(processes(), id)];
    const [asked, searched] = [interpreter.requests.length, fileSearch.requests.length];
    process = processes();
    api = open(process);
    checks.push(() => {
      const again = interpreter.requests.slice(asked).map(({ code }) => code);
      expect(again.filter((code) => done.includes(code))).toEqual([]);
      const searchedAgain = fileSearch.requests.slice(searched).flatMap(({ queries }) => queries);
      expect(searchedAgain.filter((query) => found.includes(query))).toEqual([]);
    });
  }
  process.after(Number.POSITIVE_INFINITY, () => {});
  const run = await drive(api, threadId, id);
  for (const check of checks.splice(0)) check();
  expect(api.errors).toEqual([]);
  const { runs, messages } = api.client.beta.threads;
  const all = await Array.fromAsync(messages.list(threadId, { order: 'asc' }));
  const steps = await Array.fromAsync(runs.steps.list(id, { thread_id: threadId, order: 'asc' }));
  const places = new Map(all.map((message, at) => [message.id, at]));
  return {
    run: [run.status, run.usage, run.metadata, run.last_error, run.required_action],
    messages: all.map(({ role, status, content, attachments }) => [
      role,
      status,
      content.map(plain),
      attachments?.length,
    ]),
    steps: steps.map(({ type, status, usage: used, step_details: details }) => [
      type,
      status,
      used,
      details.type === 'tool_calls'
        ? details.tool_calls.map(plain)
        : places.get(details.message_creation.message_id),
    ]),
  };
}

const checks: (() => void)[] = [];

/** Without what is new each time. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replace(/"file-\w+"/g, '"file"'));
}

const death: fc.Arbitrary<Death> = fc.record({ writes: fc.nat(25), isKilled: fc.boolean() });

test('however often and whenever its process dies, a run ends as one that was not disturbed', async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.array(death, { minLength: 1, maxLength: 3 }), async (played, deaths) => {
      expect(await outcome(played, deaths)).toEqual(await outcome(played, []));
    }),
    { numRuns: 25 },
  );
});
