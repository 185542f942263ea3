import type { Model, ModelEvent, ModelRequest, OfferedModel } from '../../src/assistants/models/model.ts';

/** One answer: its events, or what makes them out of the request. */
export type ScriptedAnswer =
  | Iterable<ModelEvent>
  | ((request: ModelRequest, signal: AbortSignal) => AsyncIterable<ModelEvent>);

/** A model that gives the answers it was told, in order, the last one again and again; it keeps the requests. */
export class ScriptedModel implements Model {
  readonly requests: ModelRequest[] = [];
  readonly #answers: ScriptedAnswer[];

  constructor(...answers: ScriptedAnswer[]) {
    this.#answers = answers;
  }

  async *respond(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    this.requests.push(structuredClone(request));
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    if (!answer) throw new Error('The script has no answer.');
    yield* typeof answer === 'function' ? answer(request, signal) : answer;
  }

  async offered(): Promise<OfferedModel[]> {
    return [{ id: 'scripted' }];
  }
}

/** An answer of text, in the given pieces. */
export function says(...pieces: string[]): ModelEvent[] {
  return [...pieces.map((delta) => ({ type: 'text' as const, delta })), usage, end('stop')];
}

/** The events of one tool call; the arguments come in two pieces. */
export function calls(name: string, args: string, callId = `call_${name}`, index = 0): ModelEvent[] {
  const middle = Math.floor((args.length * 2) / 3);
  return [
    { type: 'tool_call', index, callId, name },
    { type: 'tool_arguments', index, delta: args.slice(0, middle) },
    { type: 'tool_arguments', index, delta: args.slice(middle) },
  ];
}

export function python(code: string, callId = 'call_python', index = 0): ModelEvent[] {
  return calls('code_interpreter', JSON.stringify({ code }), callId, index);
}

export function search(queries: string[], callId = 'call_search', index = 0): ModelEvent[] {
  return calls('file_search', JSON.stringify({ queries }), callId, index);
}

export function text(delta: string): ModelEvent {
  return { type: 'text', delta };
}

export function end(reason: 'stop' | 'length' | 'content_filter' = 'stop'): ModelEvent {
  return { type: 'end', reason };
}

export const usage: ModelEvent = { type: 'usage', promptTokens: 10, completionTokens: 5 };

/** Rejects with the signal's reason when it aborts, as the port asks. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** An answer that begins with `events` and then hangs until it is aborted. */
export function hangsAfter(...events: ModelEvent[]): ScriptedAnswer {
  return async function* (_request, signal) {
    yield* events;
    await aborted(signal);
  };
}

/** An answer that begins with `events` and then fails. */
export function failsAfter(error: Error, ...events: ModelEvent[]): ScriptedAnswer {
  return async function* () {
    yield* events;
    throw error;
  };
}
