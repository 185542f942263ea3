import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { ToolCall } from 'openai/resources/beta/threads/runs/steps';
import type { ModelItem } from '../../models/model.ts';
import type { State } from '../../state.ts';
import { nameOf } from '../loop/tool-names.ts';
import { EarlierRuns, type SilentRun } from './earlier-runs.ts';
import { type Entry, entryOf, type Sourced } from './entry.ts';
import type { MessageReader } from './message-reader.ts';
import { withOwnFields } from './own-fields.ts';
import { SHORT_OUTPUT_TOKENS, shorten } from './tokens.ts';

/** A thread with more small messages than this has its oldest left out, so that starting a run stays cheap. */
const MAX_MESSAGES = 500;

/** So many of the newest messages fill most contexts. Where they don't, the messages are small: the rest is read at once. */
const FIRST_READ = 60;

/**
 * A thread before one of its runs. However long it is, it is read in a few round trips: the ids of all that could be
 * wanted, the newest of it, and the rest only if that leaves room.
 */
export class History {
  readonly #state: State;
  readonly #messageIds: readonly string[];
  readonly #runs: EarlierRuns;
  readonly #wanted: number;
  readonly #before: Run;

  private constructor(state: State, run: Run, messageIds: string[], runs: EarlierRuns, wanted: number) {
    this.#state = state;
    this.#before = run;
    this.#messageIds = messageIds;
    this.#runs = runs;
    this.#wanted = wanted;
  }

  static async before(run: Run, state: State): Promise<History> {
    const wanted = lastMessages(run) ?? MAX_MESSAGES;
    const [messageIds, runIds] = await Promise.all([
      state.messages.newest(run.thread_id, wanted),
      state.runs.newest(run.thread_id, wanted + 1),
    ]);
    const earlier = new EarlierRuns(
      state,
      runIds.filter((id) => id !== run.id),
    );
    return new History(state, run, messageIds, earlier, wanted);
  }

  /** The newest entries, newest first, until they take more than `budget` tokens. */
  async entries(reader: MessageReader, budget: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    let messages = 0;
    let tokens = 0;
    for await (const entry of this.#backwards(reader)) {
      if (messages >= this.#wanted) break;
      entries.push(entry);
      messages += entry.messages;
      tokens += entry.tokens;
      if (tokens > budget) break;
    }
    return withOwnFields(this.#runs.ownFields, entries);
  }

  async *#backwards(reader: MessageReader): AsyncGenerator<Entry> {
    let ofRun: Message[] = [];
    for await (const message of this.#messages(reader)) {
      const last = ofRun[0]?.run_id;
      if (last && message.run_id !== last) yield* this.#run(last, ofRun.splice(0), reader);
      if (message.run_id === null) {
        for await (const silent of this.#runs.silentSince(message)) yield this.#runEntry(silent, [], reader);
        yield await messageEntry(message, reader);
      } else ofRun = [message, ...ofRun];
    }
    const first = ofRun[0]?.run_id;
    if (first) yield* this.#run(first, ofRun, reader);
  }

  async *#run(id: string, messages: Message[], reader: MessageReader): AsyncGenerator<Entry> {
    for await (const silent of this.#runs.silentAfter(id)) yield this.#runEntry(silent, [], reader);
    yield this.#runEntry({ id, steps: this.#runs.tell(id) }, messages, reader);
  }

  #runEntry(earlier: SilentRun, messages: readonly Message[], reader: MessageReader): Promise<Entry> {
    return runEntry(earlier, messages, reader, nameOf('code_interpreter', this.#before.tools ?? []));
  }

  /** Newest first. Before a message comes, the runs around it have been read. */
  async *#messages(reader: MessageReader): AsyncGenerator<Message> {
    for (const [first, end] of [
      [0, FIRST_READ],
      [FIRST_READ, this.#messageIds.length],
    ] as const) {
      const ids = this.#messageIds.slice(first, end);
      if (ids.length === 0) return;
      const [all] = await Promise.all([this.#state.messages.getMany(ids), this.#runs.readMore(end - first)]);
      // A run that is taken over has messages of its own already.
      const messages = all.filter(({ run_id: id }) => id !== this.#before.id);
      await Promise.all([this.#runs.readOf(messages), reader.prepare(messages)]);
      yield* messages;
    }
  }
}

function lastMessages({ truncation_strategy: strategy }: Run): number | null | undefined {
  return strategy?.type === 'last_messages' ? strategy.last_messages : null;
}

/** What a run did and said, in its order; `codeName` is how the model knows the code interpreter now. */
async function runEntry(
  { id, steps }: SilentRun,
  messages: readonly Message[],
  reader: MessageReader,
  codeName: string,
): Promise<Entry> {
  const left = new Map(messages.map((message) => [message.id, message]));
  const done: Sourced[] = [];
  for (const { step_details: details } of steps) {
    if (details.type === 'tool_calls') {
      done.push(...callItems(details.tool_calls, codeName).map((item) => ({ item, source: item.callId })));
      continue;
    }
    const message = left.get(details.message_creation.message_id);
    if (message) done.push(...(await said(message, reader)));
    left.delete(details.message_creation.message_id);
  }
  for (const message of left.values()) done.push(...(await said(message, reader)));
  return entryOf(id, done, messages.length, false);
}

/** A message that was stopped before its first word is none to the model. */
async function said(message: Message, reader: MessageReader): Promise<Sourced[]> {
  const item = await reader.item(message);
  return item.content.length > 0 ? [{ item, source: message.id }] : [];
}

async function messageEntry(message: Message, reader: MessageReader): Promise<Entry> {
  const item = await reader.item(message);
  return entryOf(message.id, [{ item, source: message.id }], 1, message.role === 'user');
}

/** The calls of one step and then their outputs, as the model once sent and got them. */
function callItems(calls: ToolCall[], codeName: string): Extract<ModelItem, { callId: string }>[] {
  const told = calls.flatMap((call) => described(call, codeName) ?? []);
  return [
    ...told.map(({ name, args, id }) => ({ type: 'tool_call' as const, callId: id, name, arguments: args })),
    ...told.map(({ id, output }) => ({
      type: 'tool_output' as const,
      callId: id,
      output: shorten(output, SHORT_OUTPUT_TOKENS),
    })),
  ];
}

function described(
  call: ToolCall,
  codeName: string,
): { id: string; name: string; args: string; output: string } | undefined {
  switch (call.type) {
    case 'code_interpreter': {
      const { input, outputs } = call.code_interpreter;
      const output = outputs.map((out) => (out.type === 'logs' ? out.logs : '[An image]')).join('\n');
      return { id: call.id, name: codeName, args: codeArguments(input), output: output || NO_OUTPUT };
    }
    case 'function': {
      const { name, arguments: args, output } = call.function;
      return { id: call.id, name, args, output: output ?? NEVER_ANSWERED };
    }
    // What was found may be another's to see by now: who needs it searches again.
    case 'file_search':
      return undefined;
  }
}

/** The arguments of the code interpreter as whole JSON, whatever the model wrote. */
export function codeArguments(code: string): string {
  return JSON.stringify({ code });
}

const NO_OUTPUT = '(no output)';
const NEVER_ANSWERED = '(The run ended before this call was answered.)';
