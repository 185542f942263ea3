import fc from 'fast-check';
import type { Run, RunCreateParamsBase } from 'openai/resources/beta/threads/runs/runs';
import { describe, expect, test } from 'vitest';
import type { ModelEvent, ModelItem, ModelRequest } from '../../../src/assistants/models/model.ts';
import {
  MAX_ANSWERS,
  MAX_CALLS,
  MAX_FRUITLESS,
  MAX_SAME,
} from '../../../src/assistants/runs/loop/call-limits.ts';
import {
  calls,
  end,
  hangsAfter,
  python,
  type ScriptedAnswer,
  ScriptedModel,
  says,
  search,
  text,
  usage,
} from '../../sim/scripted-model.ts';
import { makeStores, ScriptedSearch } from '../../sim/scripted-search.ts';
import { openApi, type TestApi, transcript } from './assistants-api.ts';
import { finished, killed } from './taking-over/killed.ts';

const STOPPED = /^⚠️ The model went on calling tools .* was stopped with what it had\./;

/** What the model calls in its answer of that number, from 0 on. */
type Habit = (at: number) => ModelEvent[];

const weather: Habit = (at) => calls('weather', '{"city":"Bern"}', `c${at}`);

/** A model that calls for as long as it may, and then says what it has. */
const persistent = (habit: Habit): ScriptedAnswer => {
  let at = 0;
  return async function* ({ toolChoice }) {
    if (toolChoice === 'none') yield* says('This is what I have.');
    else yield* [text(`Look ${at}. `), ...habit(at++), usage, end()];
  };
};

/** The same of one that calls whatever it may. */
const deaf = (habit: Habit): ScriptedAnswer => {
  let at = 0;
  return async function* () {
    yield* [text(`Look ${at}. `), ...habit(at++), usage, end()];
  };
};

/** An assistant with all tools. */
async function asking({ client, state }: TestApi) {
  await makeStores(state, 'vs_team');
  const assistant = await client.beta.assistants.create({
    model: 'scripted',
    tools: [
      { type: 'code_interpreter' },
      { type: 'file_search' },
      { type: 'function', function: { name: 'weather' } },
      { type: 'function', function: { name: 'tickets' } },
    ],
    tool_resources: { file_search: { vector_store_ids: ['vs_team'] } },
  });
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hello?' }] });
  return { threadId: thread.id, ask: { assistant_id: assistant.id } };
}

interface Carried {
  run: Run;
  /** The calls that the client was asked to make. */
  made: { name: string; arguments: string }[];
  /** How many at once. */
  together: number[];
}

/** Brings a run to its end as a client does that answers every call. */
async function carriedOut(
  { client }: TestApi,
  threadId: string,
  params: Omit<RunCreateParamsBase, 'stream'>,
): Promise<Carried> {
  const { runs } = client.beta.threads;
  const carried: Omit<Carried, 'run'> = { made: [], together: [] };
  let run = await runs.stream(threadId, params).finalRun();
  while (run.status === 'requires_action') {
    const wanted = run.required_action?.submit_tool_outputs.tool_calls ?? [];
    carried.made.push(...wanted.map((call) => call.function));
    carried.together.push(wanted.length);
    const tool_outputs = wanted.map(({ id }) => ({ tool_call_id: id, output: 'sunny' }));
    run = await runs.submitToolOutputsStream(run.id, { thread_id: threadId, tool_outputs }).finalRun();
  }
  return { run, ...carried };
}

function open(...answers: ScriptedAnswer[]): TestApi {
  const fileSearch = new ScriptedSearch({ vs_team: [{ text: 'Overtime is paid.' }] });
  return openApi(new ScriptedModel(...answers), { fileSearch });
}

function outputsOf(items: readonly ModelItem[] = []): string[] {
  return items.flatMap((item) => (item.type === 'tool_output' ? [item.output] : []));
}

const choicesOf = ({ requests }: ScriptedModel) => requests.map(({ toolChoice }) => toolChoice);

const HABITS: [what: string, habit: Habit, told: RegExp, requests: number][] = [
  [
    'a function that does not exist',
    (at) => calls('teleport', '{}', `c${at}`),
    /no function called "teleport"\. These can be called: code_interpreter, file_search, weather, tickets\./,
    MAX_FRUITLESS + 1,
  ],
  [
    'functions that do not exist, each time another one',
    (at) => calls(`teleport_${at}`, `{"at":${at}}`, `c${at}`),
    /no function called "teleport_0"/,
    MAX_FRUITLESS + 1,
  ],
  ['the same function', weather, /was made 3 times already/, MAX_SAME + MAX_FRUITLESS + 1],
  [
    'the same function, written differently',
    (at) => calls('weather', at % 2 ? '{"city":"Bern","day":1}' : '{ "day": 1,\n"city": "Bern" }', `c${at}`),
    /was made 3 times already/,
    MAX_SAME + MAX_FRUITLESS + 1,
  ],
  ['the same code', (at) => python('1', `c${at}`), /was made 3 times already/, MAX_SAME + MAX_FRUITLESS + 1],
  [
    'code without any code',
    (at) => calls('code_interpreter', `{"at":${at}}`, `c${at}`),
    /held no code/,
    MAX_SAME + MAX_FRUITLESS + 1,
  ],
  [
    'the same search',
    (at) => search(at % 2 ? ['a', 'b'] : ['b', 'a '], `c${at}`),
    /was made 3 times already/,
    MAX_SAME + MAX_FRUITLESS + 1,
  ],
  [
    'two things in turn',
    (at) => (at % 2 ? python('1', `c${at}`) : weather(at)),
    /was made 3 times already/,
    2 * MAX_SAME + MAX_FRUITLESS + 2,
  ],
  [
    'the same several at once',
    (at) => [0, 1, 2, 3].flatMap((index) => calls('weather', '{}', `c${at}-${index}`, index)),
    /was made 3 times already/,
    MAX_FRUITLESS + 2,
  ],
  ['something new each time', (at) => python(`${at}`, `c${at}`), /ran 0/, MAX_ANSWERS],
  [
    'more than a run makes, a few at once',
    (at) =>
      [0, 1, 2, 3].flatMap((index) => calls('weather', `{"at":${at * 4 + index}}`, `c${at}-${index}`, index)),
    /sunny/,
    MAX_CALLS / 4 + 1,
  ],
];

describe('a model that calls over and over', () => {
  test.each(HABITS)('%s, is told so, and then answers without tools', async (_, habit, told, requests) => {
    const api = open(persistent(habit));
    const { threadId, ask } = await asking(api);
    const { run } = await carriedOut(api, threadId, ask);
    expect(run).toMatchObject({ status: 'completed', last_error: null });
    expect(choicesOf(api.model)).toEqual([...Array(requests - 1).fill('auto'), 'none']);
    const last = api.model.requests.at(-1);
    expect(outputsOf(last?.items).join('\n')).toMatch(told);
    expect(last?.instructions).toContain('Nothing more can be called');
    const said = await transcript(api, threadId);
    expect(said.at(-1)).toBe('assistant: This is what I have.');
    expect(said.slice(1, -1)).toEqual(
      Array.from({ length: requests - 1 }, (_, at) => `assistant: Look ${at}. `),
    );
  });

  test.each(HABITS)('%s, whatever it may, is stopped with what it has', async (_, habit, __, requests) => {
    const api = open(deaf(habit));
    const { threadId, ask } = await asking(api);
    const { run } = await carriedOut(api, threadId, ask);
    expect(run).toMatchObject({ status: 'completed', last_error: null });
    expect(api.model.requests).toHaveLength(requests);
    const said = (await transcript(api, threadId)).map((line) => line.replace('assistant: ', ''));
    expect(said.at(-1)).toMatch(STOPPED);
    expect(said.slice(1, -1)).toEqual(Array.from({ length: requests }, (_, at) => `Look ${at}. `));
    const steps = await api.client.beta.threads.runs.steps.list(run.id, { thread_id: threadId });
    expect(new Set(steps.data.map(({ status }) => status))).toEqual(new Set(['completed']));
    // The conversation goes on as any other.
    await api.client.beta.threads.messages.create(threadId, { role: 'user', content: 'And?' });
  });

  test('is told nothing of the kind while it gets on: the same call between new ones', async () => {
    const habit: Habit = (at) => (at % 2 ? weather(at) : python(`${at}`, `c${at}`));
    let at = 0;
    const api = open(async function* () {
      yield* at < 20 ? [...habit(at++), usage, end()] : says('Done.');
    });
    const { threadId, ask } = await asking(api);
    const { made } = await carriedOut(api, threadId, ask);
    expect(made).toHaveLength(10);
    expect(api.interpreter.requests).toHaveLength(10);
    expect(choicesOf(api.model)).not.toContain('none');
  });

  test('mends its mistake: what it is told counts no more', async () => {
    const wrong = (at: number) => [...calls('wether', '{}', `w${at}`), usage, end()];
    const right = (at: number) => [...calls('weather', `{"at":${at}}`, `r${at}`), usage, end()];
    const api = open(wrong(0), wrong(1), right(0), wrong(2), wrong(3), right(1), says('Sunny.'));
    const { threadId, ask } = await asking(api);
    const { made } = await carriedOut(api, threadId, ask);
    expect(made).toHaveLength(2);
    expect((await transcript(api, threadId)).at(-1)).toBe('assistant: Sunny.');
    expect(choicesOf(api.model)).not.toContain('none');
  });

  test('without end in one answer is cut off there', async () => {
    let given = 0;
    const api = open(async function* ({ toolChoice }) {
      if (toolChoice === 'none') return yield* says('Enough.');
      for (; ; given++) yield* python(`${given}`, `c${given}`, given);
    });
    const { threadId, ask } = await asking(api);
    const { run } = await carriedOut(api, threadId, ask);
    expect(run.status).toBe('completed');
    expect(given).toBe(MAX_CALLS);
    expect(api.interpreter.requests).toHaveLength(MAX_CALLS);
    expect((await transcript(api, threadId)).at(-1)).toBe('assistant: Enough.');
  });

  test('and says nothing in the end leaves people with a sentence', async () => {
    const api = open(async function* ({ toolChoice }) {
      yield* toolChoice === 'none' ? [usage, end()] : [...weather(0), usage, end()];
    });
    const { threadId, ask } = await asking(api);
    const { run } = await carriedOut(api, threadId, ask);
    expect(run.status).toBe('completed');
    expect((await transcript(api, threadId)).at(-1)?.replace('assistant: ', '')).toMatch(STOPPED);
  });

  test('where JSON was asked for fails with the sentence, and keeps what was said', async () => {
    const api = open(deaf(weather));
    const { threadId, ask } = await asking(api);
    const { run } = await carriedOut(api, threadId, { ...ask, response_format: { type: 'json_object' } });
    expect(run).toMatchObject({ status: 'failed', last_error: { code: 'server_error' } });
    expect(`⚠️ ${run.last_error?.message}`).toMatch(STOPPED);
    expect(await transcript(api, threadId)).toContain('assistant: Look 0. ');
  });

  test('keeps to the tokens that its run may take', async () => {
    const api = open(deaf(weather));
    const { threadId, ask } = await asking(api);
    const { run } = await carriedOut(api, threadId, { ...ask, max_completion_tokens: 12 });
    expect(run).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_completion_tokens' },
      usage: { completion_tokens: 15 },
    });
    expect(api.model.requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([12, 7, 2]);
  });
});

describe('how tools may be called', () => {
  const two: ModelEvent[] = [
    ...calls('weather', '{"city":"Bern"}', 'c1', 0),
    ...calls('tickets', '{}', 'c2', 1),
    ...python('1', 'c3', 2),
    usage,
    end(),
  ];

  test('together, as many as the model likes', async () => {
    const api = open(two, says('Done.'));
    const { threadId, ask } = await asking(api);
    expect(await carriedOut(api, threadId, ask)).toMatchObject({ together: [2] });
    expect(api.model.requests[0]).toMatchObject({ parallelToolCalls: true });
    expect(api.interpreter.requests).toHaveLength(1);
  });

  test('one at a time, also by a model that calls several', async () => {
    const api = open(two, [...calls('tickets', '{}', 'c4'), usage, end()], says('Done.'));
    const { threadId, ask } = await asking(api);
    const { run, made } = await carriedOut(api, threadId, { ...ask, parallel_tool_calls: false });
    expect(run.status).toBe('completed');
    expect(made.map(({ name }) => name)).toEqual(['weather', 'tickets']);
    expect(api.interpreter.requests).toEqual([]);
    expect(api.model.requests[0]).toMatchObject({ parallelToolCalls: false });
    const [first, ...others] = outputsOf(api.model.requests[1]?.items);
    expect(first).toBe('sunny');
    expect(others).toEqual(Array(2).fill(expect.stringContaining('only one can be made at a time')));
  });

  test('not at all, whatever the model calls', async () => {
    const api = open(two, says('Without, then.'));
    const { threadId, ask } = await asking(api);
    const { run, made } = await carriedOut(api, threadId, { ...ask, tool_choice: 'none' });
    expect(run.status).toBe('completed');
    expect(made).toEqual([]);
    expect(api.interpreter.requests).toEqual([]);
    expect(choicesOf(api.model)).toEqual(['none', 'none']);
    expect((await transcript(api, threadId)).at(-1)).toBe('assistant: Without, then.');
  });

  test.each([
    ['required', 'required'],
    [{ type: 'function', function: { name: 'weather' } }, { name: 'weather' }],
  ] as const)('by force for the first answer only: %j', async (tool_choice, forced) => {
    const api = open(async function* ({ toolChoice }: ModelRequest) {
      yield* toolChoice === 'auto' ? says('Sunny.') : [...weather(0), usage, end()];
    });
    const { threadId, ask } = await asking(api);
    const { run } = await carriedOut(api, threadId, { ...ask, tool_choice });
    expect(run.status).toBe('completed');
    expect(choicesOf(api.model)).toEqual([forced, 'auto']);
  });
});

describe('another process that takes the run over', () => {
  const habit: Habit = (at) => python('1', `c${at}`);

  test('counts what was called before', async () => {
    const before = Array.from({ length: MAX_SAME + 1 }, (_, at) => [...habit(at), usage, end()]);
    const { threadId, id, next } = await killed(
      { answers: [...before, hangsAfter()] },
      ({ model }) => model.requests.length === before.length + 1,
    );
    const api = next([deaf((at) => habit(before.length + at))]);
    const { run, messages } = await finished(api, threadId, id);
    expect(run.status).toBe('completed');
    expect(api.interpreter.requests).toEqual([]);
    expect(choicesOf(api.model)).toEqual([...Array(MAX_FRUITLESS - 1).fill('auto'), 'none']);
    expect(JSON.stringify(messages.at(-1)?.content)).toContain('was stopped with what it had');
  });

  test('gives the last answer without tools', async () => {
    const wrong = (at: number) => [...calls('teleport', '{}', `c${at}`), usage, end()];
    const { threadId, id, next } = await killed(
      { answers: [...Array.from({ length: MAX_FRUITLESS }, (_, at) => wrong(at)), hangsAfter(text('Well'))] },
      ({ model }) => model.requests.length > MAX_FRUITLESS,
    );
    const api = next([persistent(weather)]);
    const { run, messages } = await finished(api, threadId, id);
    expect(run.status).toBe('completed');
    expect(choicesOf(api.model)).toEqual(['none']);
    expect(messages.at(-1)).toMatchObject({ content: [{ text: { value: 'This is what I have.' } }] });
  });
});

type Tool = 'code' | 'search' | 'weather' | 'nonsense';
const call = fc.record({
  tool: fc.constantFrom<Tool>('code', 'search', 'weather', 'nonsense'),
  what: fc.nat(2),
});
const script = fc.record({
  answers: fc.array(fc.array(call, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
  listens: fc.boolean(),
  choice: fc.constantFrom('auto' as const, 'none' as const, 'required' as const),
  isParallel: fc.boolean(),
});

/** What it calls, again and again from the beginning. */
function habitOf(answers: { tool: Tool; what: number }[][]): Habit {
  return (at) =>
    (answers[at % answers.length] ?? []).flatMap(({ tool, what }, index) => {
      const id = `c${at}-${index}`;
      if (tool === 'code') return python(`${what}`, id, index);
      if (tool === 'search') return search([`${what}`], id, index);
      return calls(tool, `{"what":${what}}`, id, index);
    });
}

test('however a model calls, its run comes to an end, says all that was said, and forces nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(script, async ({ answers, listens, choice, isParallel }) => {
      const habit = habitOf(answers);
      const api = open(listens ? persistent(habit) : deaf(habit));
      const { threadId, ask } = await asking(api);
      const rules = { tool_choice: choice, parallel_tool_calls: isParallel };
      const { run, made, together } = await carriedOut(api, threadId, { ...ask, ...rules });
      const { requests } = api.model;
      expect(run).toMatchObject({ status: 'completed', last_error: null });
      expect(requests.length).toBeLessThanOrEqual(MAX_ANSWERS);
      expect(requests.slice(1).every(({ toolChoice }) => toolChoice !== 'required')).toBe(true);
      expect(api.interpreter.requests.length + made.length).toBeLessThanOrEqual(MAX_CALLS);
      if (!isParallel) expect(together.every((count) => count === 1)).toBe(true);
      if (choice === 'none') expect(api.interpreter.requests.length + made.length).toBe(0);
      const last = listens ? 'This is what I have.' : expect.stringMatching(STOPPED);
      const looks = Array.from({ length: requests.length - (listens ? 1 : 0) }, (_, at) => `Look ${at}. `);
      const said = (await transcript(api, threadId)).slice(1).map((line) => line.replace('assistant: ', ''));
      expect(said).toEqual([...looks, last]);
      for (const { items } of requests) {
        const ids = (type: ModelItem['type']) =>
          items.flatMap((item) => (item.type === type && 'callId' in item ? [item.callId] : []));
        expect(ids('tool_call').sort()).toEqual(ids('tool_output').sort());
        expect(outputsOf(items)).not.toContain('');
      }
    }),
    { numRuns: 25 },
  );
});
