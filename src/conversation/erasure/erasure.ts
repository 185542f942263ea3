import type { OpenAI } from 'openai';
import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { endActiveRun, waitForIdle } from '../run/run-status.ts';
import { isGone, unlessGone } from '../thread/gone.ts';
import { type AskedTurn, turnsOf } from './asked-turns.ts';

/** The most that the API gives in one page. */
const PAGE = { order: 'asc', limit: 100 } as const;

/** As the metadata of what is read for one turn only have it. */
export const CONTEXT_KIND = 'context';

/** What was deleted. */
export interface Tally {
  threads: number;
  messages: number;
  runs: number;
  steps: number;
  /** The ids of the files. */
  files: string[];
  /** The ids of the runs whose answers are gone, also where their server keeps the runs. */
  runIds: string[];
}

export function emptyTally(): Tally {
  return { threads: 0, messages: 0, runs: 0, steps: 0, files: [], runIds: [] };
}

export function addTo(sum: Tally, more: Tally): void {
  for (const what of ['threads', 'messages', 'runs', 'steps'] as const) sum[what] += more[what];
  sum.files.push(...more.files);
  sum.runIds.push(...more.runIds);
}

/**
 * Deletes what was said from the Assistants server, with all that was made of it. An answer goes with what it answers,
 * which it may quote, and so do the steps on the way to it and the files that they brought forth. A server that has no
 * call to delete a run keeps the run and its steps.
 */
export class Erasure {
  readonly #client: OpenAI;
  readonly #signal: AbortSignal | undefined;

  /** @param signal Has everything reject that waits for a run. */
  constructor(client: OpenAI, signal?: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** Deletes a thread with everything in it; a run that is active is cancelled first. */
  async thread(id: string): Promise<Tally> {
    const { beta } = this.#client;
    const tally = emptyTally();
    try {
      await endActiveRun(this.#client, id, this.#signal);
      const messages = await Array.fromAsync(beta.threads.messages.list(id, PAGE));
      const runs = await Array.fromAsync(beta.threads.runs.list(id, PAGE));
      const steps = await this.#stepsOf(runs);
      tally.files = await this.#deleteFiles([
        ...messages.flatMap(filesOfMessage),
        ...steps.flatMap(filesOfStep),
      ]);
      await beta.threads.delete(id);
      tally.runIds = runs.map((run) => run.id);
      return { ...tally, threads: 1, messages: messages.length, runs: runs.length, steps: steps.length };
    } catch (error) {
      if (isGone(error)) return tally;
      throw error;
    }
  }

  /**
   * Deletes messages that people sent, and the answers to them; what else was said stays. Waits for an active run, which
   * may be reading them.
   */
  async messages(threadId: string, isMeant: (message: Message) => boolean): Promise<Tally> {
    await waitForIdle(this.#client, threadId, this.#signal);
    const { messages, runs } = this.#client.beta.threads;
    const turns = turnsOf(await Array.fromAsync(messages.list(threadId, PAGE)), isMeant);
    if (turns.length === 0) return emptyTally();
    const all = await Array.fromAsync(runs.list(threadId, PAGE));
    const tally = emptyTally();
    for (const turn of turns) addTo(tally, await this.#turn(threadId, turn, turn.runsAmong(all)));
    return tally;
  }

  /** Deletes a person's messages, the answers to them, and what was read for one turn only and left behind. */
  async person(threadId: string, person: string): Promise<ErasedPerson> {
    const theirs: string[] = [];
    try {
      const tally = await this.messages(threadId, ({ metadata }) => {
        const { author, message } = Object(metadata);
        if (author === person && typeof message === 'string') theirs.push(message);
        return author === person;
      });
      const { messages } = this.#client.beta.threads;
      let left = 0;
      for await (const { id, metadata } of messages.list(threadId, PAGE)) {
        if (Object(metadata).kind === CONTEXT_KIND) await messages.delete(id, { thread_id: threadId });
        else left++;
      }
      return { tally, theirs, left };
    } catch (error) {
      if (isGone(error)) return { tally: emptyTally(), theirs, left: 0 };
      throw error;
    }
  }

  /** Files first: once what names them is gone, nobody would find them. */
  async #turn(threadId: string, turn: AskedTurn, runs: readonly Run[]): Promise<Tally> {
    const steps = await this.#stepsOf(runs);
    const gone = [...turn.meant, ...turn.answers];
    const files = await this.#deleteFiles([...gone.flatMap(filesOfMessage), ...steps.flatMap(filesOfStep)]);
    let deleted = 0;
    for (const run of runs) if (await this.#deleteRun(run)) deleted++;
    for (const { id } of gone)
      await this.#client.beta.threads.messages.delete(id, { thread_id: threadId }).catch(unlessGone);
    const ofRuns = deleted === runs.length ? { runs: deleted, steps: steps.length } : {};
    const runIds = runs.map(({ id }) => id);
    return { ...emptyTally(), messages: gone.length, files, runIds, ...ofRuns };
  }

  /** Asks for it as Bobbin's own server has it. */
  async #deleteRun({ id, thread_id }: Run): Promise<boolean> {
    const headers = { 'OpenAI-Beta': 'assistants=v2' };
    const deleted = this.#client.delete(`/threads/${thread_id}/runs/${id}`, { headers });
    return deleted.then(
      () => true,
      (error: unknown) => {
        if (HAS_NO_CALL.has((error as { status?: unknown }).status)) return false;
        throw error;
      },
    );
  }

  async #stepsOf(runs: readonly Run[]): Promise<RunStep[]> {
    const steps: RunStep[] = [];
    for (const { id, thread_id } of runs)
      steps.push(
        ...(await Array.fromAsync(this.#client.beta.threads.runs.steps.list(id, { thread_id, ...PAGE }))),
      );
    return steps;
  }

  /** The ids of those that were there. */
  async #deleteFiles(ids: readonly string[]): Promise<string[]> {
    const deleted: string[] = [];
    for (const id of new Set(ids))
      if (await this.#client.files.delete(id).catch(unlessGone)) deleted.push(id);
    return deleted;
  }
}

/** What was deleted of a person in one thread. */
export interface ErasedPerson {
  tally: Tally;
  /** The platform's ids of their messages. */
  theirs: string[];
  /** How many messages the thread still has. */
  left: number;
}

/** How servers refuse an address that they don't have; a run that is gone is no other case. */
const HAS_NO_CALL: ReadonlySet<unknown> = new Set([404, 405]);

function filesOfMessage({ content, attachments }: Message): string[] {
  const inContent = content.flatMap((part) => {
    if (part.type === 'image_file') return [part.image_file.file_id];
    if (part.type !== 'text') return [];
    return part.text.annotations.flatMap((annotation) =>
      annotation.type === 'file_path' ? [annotation.file_path.file_id] : [],
    );
  });
  return [...inContent, ...(attachments ?? []).flatMap(({ file_id: id }) => id ?? [])];
}

function filesOfStep({ step_details: details }: RunStep): string[] {
  if (details.type !== 'tool_calls') return [];
  return details.tool_calls.flatMap((call) =>
    call.type === 'code_interpreter'
      ? call.code_interpreter.outputs.flatMap((out) => (out.type === 'image' ? [out.image.file_id] : []))
      : [],
  );
}
