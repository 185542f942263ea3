import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep, ToolCall } from 'openai/resources/beta/threads/runs/steps';
import type { ModelItem } from '../../models/model.ts';
import type { State } from '../../state.ts';
import { CODE_INTERPRETER } from '../loop/model-tools.ts';
import { type Entry, entryOf, type Sourced } from './entry.ts';
import type { MessageReader } from './message-reader.ts';
import { withOwnFields } from './own-fields.ts';
import { SHORT_OUTPUT_TOKENS, shorten } from './tokens.ts';

/** A thread with more small messages than this has its oldest left out, so that starting a run stays cheap. */
const MAX_MESSAGES = 500;

/** Few runs end without a word, so few are read at once to find them. */
const USUALLY_SILENT = 4;

/** The newest entries of the thread before `run`, newest first, until they take more than `budget` tokens. */
export async function loadHistory(
  state: State,
  run: Run,
  reader: MessageReader,
  budget: number,
): Promise<Entry[]> {
  const wanted = lastMessages(run) ?? MAX_MESSAGES;
  const entries: Entry[] = [];
  let messages = 0;
  let tokens = 0;
  for await (const entry of entriesBackwards(state, run, reader)) {
    if (messages >= wanted) break;
    entries.push(entry);
    messages += entry.messages;
    tokens += entry.tokens;
    if (tokens > budget) break;
  }
  return withOwnFields(state.ownFields, entries);
}

function lastMessages({ truncation_strategy: strategy }: Run): number | null | undefined {
  return strategy?.type === 'last_messages' ? strategy.last_messages : null;
}

async function* entriesBackwards(state: State, current: Run, reader: MessageReader): AsyncGenerator<Entry> {
  const runs = new EarlierRuns(state, current);
  let ofRun: Message[] = [];
  for await (const message of state.messages.walk(current.thread_id, { order: 'desc' })) {
    const last = ofRun[0]?.run_id;
    if (last && message.run_id !== last) {
      yield await runs.entry(last, ofRun.splice(0), reader);
    }
    if (message.run_id === null) yield* runs.silentSince(message, reader);
    if (message.run_id === null) yield await messageEntry(message, reader);
    else ofRun = [message, ...ofRun];
  }
  const first = ofRun[0]?.run_id;
  if (first) yield await runs.entry(first, ofRun, reader);
}

/** The thread's runs before the current one, looked at from the newest back, only as far as needed. */
class EarlierRuns {
  readonly #state: State;
  readonly #runs: AsyncGenerator<Run>;
  readonly #told = new Set<string>();
  #next: Run | undefined;
  #started = false;

  constructor(state: State, current: Run) {
    this.#state = state;
    this.#runs = state.runs.walk(current.thread_id, { order: 'desc' }, USUALLY_SILENT);
    this.#told.add(current.id);
  }

  async entry(runId: string, messages: Message[], reader: MessageReader): Promise<Entry> {
    this.#told.add(runId);
    const run = await this.#state.runs.get(runId);
    return this.#entryOf(runId, run ? await this.#steps(run) : [], messages, reader);
  }

  /** Runs that called tools but said nothing, and came after `message`. */
  async *silentSince(message: Message, reader: MessageReader): AsyncGenerator<Entry> {
    if (!this.#started) await this.#advance();
    this.#started = true;
    while (this.#next && this.#next.created_at >= message.created_at) {
      if (!this.#told.has(this.#next.id)) {
        const steps = await this.#steps(this.#next);
        // It has messages after all, of the same second as `message`: they come later in the walk.
        if (steps.some((step) => step.type === 'message_creation')) return;
        if (steps.length > 0) yield await this.#entryOf(this.#next.id, steps, [], reader);
      }
      await this.#advance();
    }
  }

  async #advance(): Promise<void> {
    const { value, done } = await this.#runs.next();
    this.#next = done ? undefined : value;
  }

  /** A run without tools has no steps that its messages don't tell. */
  async #steps(run: Run): Promise<RunStep[]> {
    if (run.tools.length === 0) return [];
    return Array.fromAsync(this.#state.steps.walk(run.id, { order: 'asc' }));
  }

  async #entryOf(id: string, steps: RunStep[], messages: Message[], reader: MessageReader): Promise<Entry> {
    const left = new Map(messages.map((message) => [message.id, message]));
    const done: Sourced[] = [];
    for (const { step_details: details } of steps) {
      if (details.type === 'tool_calls') {
        done.push(...callItems(details.tool_calls).map((item) => ({ item, source: item.callId })));
        continue;
      }
      const message = left.get(details.message_creation.message_id);
      if (message) done.push(...(await said(message, reader)));
      left.delete(details.message_creation.message_id);
    }
    for (const message of left.values()) done.push(...(await said(message, reader)));
    return entryOf(id, done, messages.length, false);
  }
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
function callItems(calls: ToolCall[]): Extract<ModelItem, { callId: string }>[] {
  const told = calls.flatMap((call) => described(call) ?? []);
  return [
    ...told.map(({ name, args, id }) => ({ type: 'tool_call' as const, callId: id, name, arguments: args })),
    ...told.map(({ id, output }) => ({
      type: 'tool_output' as const,
      callId: id,
      output: shorten(output, SHORT_OUTPUT_TOKENS),
    })),
  ];
}

function described(call: ToolCall): { id: string; name: string; args: string; output: string } | undefined {
  switch (call.type) {
    case 'code_interpreter': {
      const { input, outputs } = call.code_interpreter;
      const output = outputs.map((out) => (out.type === 'logs' ? out.logs : '[An image]')).join('\n');
      return { id: call.id, name: CODE_INTERPRETER, args: codeArguments(input), output: output || NO_OUTPUT };
    }
    case 'function': {
      const { name, arguments: args, output } = call.function;
      return { id: call.id, name, args, output: output ?? NEVER_ANSWERED };
    }
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
