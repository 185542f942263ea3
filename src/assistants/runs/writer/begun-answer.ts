import type { Message } from 'openai/resources/beta/threads/messages';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { Ending } from '../ending.ts';
import type { Stored } from '../kept-run.ts';
import { shown } from '../kept-step.ts';
import { closeOpen } from '../orphan.ts';
import type { RunSink } from './run-sink.ts';

/**
 * What there is of an answer that is had once more from its beginning. It is shown as it was until its words come again,
 * and then written over in place: who looks at the run sees no older text after a newer one, and nothing that is gone.
 */
export class BegunAnswer {
  readonly #sink: RunSink;
  readonly #steps: RunStep[];
  readonly #messages: Map<string, Message>;
  /** Messages that no step shows any more. Somebody may just have read of them, so they stay until the run is over. */
  #unshown: string[] = [];

  constructor(sink: RunSink, { steps, messages }: Stored) {
    this.#sink = sink;
    this.#steps = steps.map(shown);
    this.#messages = new Map(messages.map((message) => [message.id, message]));
    sink.steps.push(...this.#steps);
  }

  /** How much a model has to send for it, in UTF-16 code units: all of its words, and the arguments of its calls. */
  get length(): number {
    return [
      ...[...this.#messages.values()].flatMap(({ content }) => content.map(lengthOfPart)),
      ...this.#steps.map(lengthOfCalls),
    ].reduce((sum, length) => sum + length, 0);
  }

  /** The next step, with its message, if it is one of a message: without a word in it. */
  message(): { step: RunStep; message: Message } | undefined {
    const step = this.#next('message_creation');
    const message = step && this.#takeMessage(step);
    if (!step || !message) return undefined;
    Object.assign(message, { status: 'in_progress', completed_at: null, content: [], attachments: [] });
    return { step, message };
  }

  /** The next step, if it is one of tool calls. */
  calls(): RunStep | undefined {
    return this.#next('tool_calls');
  }

  /** Does away with what has not been written over. */
  drop(): void {
    for (const { id } of this.#steps.splice(0)) {
      const at = this.#sink.steps.findIndex((step) => step.id === id);
      if (at !== -1) this.#sink.steps.splice(at, 1);
      this.#sink.keep(() => this.#sink.state.steps.remove(id));
    }
    this.#unshown.push(...this.#messages.keys());
    this.#messages.clear();
  }

  /** The run is over: what has not been written over stays as it was, and ends with it. */
  end(ending: Ending): void {
    const { state } = this.#sink;
    const steps = this.#steps.splice(0);
    const messages = steps.flatMap((step) => this.#takeMessage(step) ?? []);
    this.#unshown.push(...this.#messages.keys());
    if (steps.length > 0) this.#sink.keep(() => closeOpen(state, { steps, messages }, ending));
    for (const id of this.#unshown.splice(0)) this.#sink.keep(() => state.messages.remove(id));
  }

  #takeMessage({ step_details: details }: RunStep): Message | undefined {
    const id = details.type === 'message_creation' ? details.message_creation.message_id : '';
    const message = this.#messages.get(id);
    this.#messages.delete(id);
    return message;
  }

  #next(type: RunStep['type']): RunStep | undefined {
    if (this.#steps[0]?.type !== type) {
      this.drop();
      return undefined;
    }
    const step = this.#steps.shift();
    return step && Object.assign(step, { status: 'in_progress', completed_at: null, usage: null });
  }
}

function lengthOfPart(part: Message['content'][number]): number {
  if (part.type === 'text') return part.text.value.length;
  return part.type === 'refusal' ? part.refusal.length : 0;
}

/** Code comes as JSON; written as such it is about as long. */
function lengthOfCalls({ step_details: details }: RunStep): number {
  if (details.type !== 'tool_calls') return 0;
  const lengths = details.tool_calls.map((call) => {
    if (call.type === 'code_interpreter') return JSON.stringify({ code: call.code_interpreter.input }).length;
    return call.type === 'function' ? call.function.arguments.length : 0;
  });
  return lengths.reduce((sum, length) => sum + length, 0);
}
