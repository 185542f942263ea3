import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { expect } from 'vitest';
import { ScriptedInterpreter, type ScriptedResult } from '../../../sim/scripted-interpreter.ts';
import { type ScriptedAnswer, ScriptedModel } from '../../../sim/scripted-model.ts';
import { conversation, openApi, type TestApi } from '../assistants-api.ts';
import { type Process, sharedStore } from '../processes.ts';

/** A server over a store that it can be killed before. */
export function open(
  process: Process,
  answers: ScriptedAnswer[],
  codes: Record<string, ScriptedResult> = {},
  checkpointMs = 1,
) {
  const interpreter = new ScriptedInterpreter(codes);
  return openApi(new ScriptedModel(...answers), { keyv: process.keyv, interpreter, checkpointMs });
}

/** What the process that dies is given. */
export interface Before {
  answers: ScriptedAnswer[];
  codes?: Record<string, ScriptedResult>;
  run?: object;
  checkpointMs?: number;
}

/** A run whose process is killed as soon as `isReached`, and how to open another process. */
export async function killed(
  before: Before,
  isReached: (api: TestApi, threadId: string, run: Run) => unknown,
) {
  const processes = sharedStore();
  const first = processes();
  const dead = open(first, before.answers, before.codes, before.checkpointMs);
  const { threadId, ask } = await conversation(dead);
  const run = await dead.client.beta.threads.runs.create(threadId, {
    ...ask,
    metadata: { turn: '7' },
    ...before.run,
  });
  await expect
    .poll(async () => Boolean(await isReached(dead, threadId, await dead.runs.find(threadId, run.id))))
    .toBe(true);
  first.kill();
  return {
    threadId,
    ask,
    id: run.id,
    dead,
    next: (answers: ScriptedAnswer[], codes: Record<string, ScriptedResult> = {}) =>
      open(processes(), answers, codes),
    process: processes,
  };
}

/** The words are kept in the thread's last message. */
export const isWritten = (said: string) => async (api: TestApi, threadId: string) => {
  const message = await api.state.messages.last(threadId);
  return JSON.stringify(message?.content).includes(said);
};

/** A model has been asked. */
export const isAsked = (api: TestApi) => api.model.requests.length > 0;

/** Code runs. */
export const runsCode = (api: TestApi) => api.interpreter.requests.length > 0;

/** The run waits for a client's outputs. */
export const waits = (_api: TestApi, _threadId: string, run: Run) => run.status === 'requires_action';

/** The words are kept in the run's last step. */
export const hasStep = (words: string) => async (api: TestApi, _threadId: string, run: Run) =>
  JSON.stringify(await api.state.steps.last(run.id)).includes(words);

/** The run at its end, whoever carries it there, with its steps and its thread's messages. */
export async function finished({ client, state }: TestApi, threadId: string, id: string) {
  const run = await client.beta.threads.runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 1 });
  const steps = await Array.fromAsync(
    client.beta.threads.runs.steps.list(id, { thread_id: threadId, order: 'asc' }),
  );
  const messages = await Array.fromAsync(state.messages.walk(threadId, { order: 'asc' }));
  return { run, steps, messages };
}

/** For `ScriptedInterpreter`: code that prints and never ends. */
export const loop = { loop: { prints: ['1\n'], hangs: true } };
