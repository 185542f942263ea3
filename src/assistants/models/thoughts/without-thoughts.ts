import type { Model, ModelEvent } from '../model.ts';
import { type Filtered, ThoughtFilter } from './thought-filter.ts';

/**
 * The model without the thoughts that a server leaves in its text; those that come by themselves are never text.
 *
 * Text is passed on as it comes, for most models don't think aloud. Where the beginning of a thought stood in the
 * prompt, only its end shows that it was one: what was passed on is withdrawn, and the answers of that model are from
 * then on held back until that end.
 */
export function withoutThoughts(model: Model): Model {
  const thinksFirst = new Set<string>();

  async function* filtered(name: string, events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
    let filter = new ThoughtFilter(thinksFirst.has(name));
    for await (const event of events) {
      if (event.type === 'text') {
        yield* told(filter.push(event.delta));
        continue;
      }
      if (event.type === 'tool_call' || event.type === 'end') {
        if (filter.beganInThought) thinksFirst.add(name);
        else if (filter.isUndecided) thinksFirst.delete(name);
        yield* told(filter.end());
        filter = new ThoughtFilter();
      }
      yield event;
    }
  }

  const resume = model.resume?.bind(model);
  return {
    respond: (request, signal) => filtered(request.model, model.respond(request, signal)),
    offered: (signal) => model.offered(signal),
    ...(model.hostsCode && { hostsCode: model.hostsCode }),
    ...(resume && {
      resume: (request, answer, signal) => filtered(request.model, resume(request, answer, signal)),
    }),
    ...(model.cancel && { cancel: model.cancel.bind(model) }),
  };
}

function* told({ withdraw, text }: Filtered): Generator<ModelEvent> {
  if (withdraw) yield { type: 'withdraw' };
  if (text !== '') yield { type: 'text', delta: text };
}
