import fc from 'fast-check';
import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { expect, test } from 'vitest';
import { History } from '../../../src/assistants/runs/context/history.ts';
import { MessageReader } from '../../../src/assistants/runs/context/message-reader.ts';
import { openState, type State } from '../../../src/assistants/state.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';

const THREAD = 'thread_1';

/** What comes into a thread: a question, or a run that calls tools so often before and after it speaks, or not at all. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('question' as const), removed: fc.boolean() }),
  fc.record({
    kind: fc.constant('run' as const),
    before: fc.nat({ max: 9 }),
    after: fc.nat({ max: 1 }),
    speaks: fc.nat({ max: 2 }),
    takenBack: fc.boolean(),
  }),
);

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** Writes a thread as it comes about, a second for each happening; gives what a model should read of it. */
async function write(state: State, happenings: readonly Happening[]): Promise<string[]> {
  const told: string[] = [];
  for (const [at, one] of happenings.entries()) {
    if (one.kind === 'question') {
      const question = message(at, 'user', null, `m${at}`);
      await state.messages.append(THREAD, question);
      if (one.removed) await state.messages.remove(question.id);
      else told.push(`m${at}`);
      continue;
    }
    const run = { id: `run_${at}`, thread_id: THREAD, created_at: at, tools: [{ type: 'code_interpreter' }] };
    await state.runs.append(THREAD, run as Run);
    const isTold = one.speaks === 0 || !one.takenBack;
    const calls = async (count: number, name: string) => {
      for (let index = 0; index < count; index++) {
        const id = `call_${at}_${name}${index}`;
        const call = { id, type: 'code_interpreter', code_interpreter: { input: '1', outputs: [] } };
        await step(state, run.id, id, { type: 'tool_calls', tool_calls: [call] });
        if (isTold) told.push(id, id);
      }
    };
    await calls(one.before, 'before');
    for (let index = 0; index < one.speaks; index++) {
      const said = message(at, 'assistant', run.id, `m${at}_${index}`);
      await state.messages.append(THREAD, said);
      const message_creation = { message_id: said.id };
      await step(state, run.id, `${run.id}_${index}`, { type: 'message_creation', message_creation });
      if (isTold) told.push(`m${at}_${index}`);
      else await state.messages.remove(said.id);
    }
    await calls(one.after, 'after');
  }
  return told;
}

function message(at: number, role: string, run_id: string | null, value: string): Message {
  const content = [{ type: 'text', text: { value, annotations: [] } }];
  return {
    id: `msg_${value}`,
    thread_id: THREAD,
    created_at: at,
    role,
    run_id,
    content,
  } as unknown as Message;
}

async function step(state: State, runId: string, id: string, step_details: object): Promise<void> {
  const type = Object(step_details).type;
  await state.steps.append(runId, { id: `step_${id}`, run_id: runId, type, step_details } as RunStep);
}

async function read(state: State, truncation?: Run['truncation_strategy']): Promise<string[]> {
  const run = { id: 'run_now', thread_id: THREAD, truncation_strategy: truncation ?? null } as Run;
  const history = await History.before(run, state);
  const entries = await history.entries(new MessageReader(state, undefined), Number.POSITIVE_INFINITY);
  return entries
    .reverse()
    .flatMap(({ items }) => items)
    .map((item) => {
      if (item.type === 'message') return item.content.map((part) => Object(part).text).join('');
      return item.type === 'provider' ? 'provider' : item.callId;
    });
}

test('any thread is read as it came about, over the bounds of what is read at once', async () => {
  const question: Happening = { kind: 'question', removed: false };
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 1, maxLength: 120, size: 'max' }),
      async (happenings) => {
        const state = openState((namespace) => memoryStore().keyv(namespace));
        // What comes before the first question is read only with the run that spoke.
        const told = await write(state, [question, ...happenings]);
        expect(await read(state)).toEqual(told);
      },
    ),
    { numRuns: 40 },
  );
});
