import type { Model, ModelEvent, ModelRequest } from '../../../src/assistants/models/model.ts';

/** A request of a person who said `question`. */
export function requestOf(question: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'sim-small',
    instructions: 'Be kind.',
    items: [{ type: 'message', role: 'user', content: [{ type: 'text', text: question }] }],
    tools: [],
    toolChoice: 'auto',
    parallelToolCalls: true,
    ...more,
  };
}

export const CODE_INTERPRETER = {
  name: 'code_interpreter',
  description: 'Runs Python.',
  parameters: {
    type: 'object',
    properties: { code: { type: 'string' } },
    required: ['code'],
    additionalProperties: false,
  },
};

/** All events of one answer. */
export async function collect(
  model: Model,
  request: ModelRequest,
  signal?: AbortSignal,
): Promise<ModelEvent[]> {
  return Array.fromAsync(model.respond(request, signal ?? new AbortController().signal));
}

export function textOf(events: ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.delta : '')).join('');
}

/** The tool calls of an answer with their whole arguments, in order. */
export function callsOf(events: ModelEvent[]): { callId: string; name: string; arguments: string }[] {
  const calls: { callId: string; name: string; arguments: string }[] = [];
  for (const event of events) {
    if (event.type === 'tool_call') {
      if (event.index !== calls.length)
        throw new Error(`Call ${event.index} came as number ${calls.length}.`);
      calls.push({ callId: event.callId, name: event.name, arguments: '' });
    }
    if (event.type === 'tool_arguments') {
      const call = calls[event.index];
      if (!call) throw new Error(`Arguments came before call ${event.index}.`);
      call.arguments += event.delta;
    }
  }
  return calls;
}

/** The error with which the work ends. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('It did not fail.');
    },
    (error: unknown) => error,
  );
}
