import type { Containers, Place } from '../../code-interpreter/hosted/containers.ts';
import { LeftBehind } from '../../code-interpreter/hosted/left-behind.ts';
import { NoContainers } from '../../code-interpreter/hosted/trouble.ts';
import { type Model, ModelError, type ModelEvent, type ModelRequest, type RunPython } from '../model.ts';
import { instructionsFor } from './instructions.ts';

/**
 * A model whose provider runs the code of its answers itself, each thread's in a container of its own. Where the provider has no
 * containers or a model takes none, the code interpreter is the function that it is elsewhere, and our own Python runs the
 * code; `onProblem` hears of it.
 */
export function withHostedCode(
  model: Model,
  containers: Containers,
  onProblem: (error: unknown) => void = () => {},
): Model {
  const left = new LeftBehind(containers);
  /** Models for which the provider refused it. */
  const refused = new Set<string>();
  let told: unknown;

  async function* respond(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const { python } = request;
    for (let tries = 0; python && !refused.has(request.model); tries++) {
      const place = await placeFor(python, signal);
      if (!place) break;
      let begun = false;
      try {
        for await (const event of hosted(model.respond(at(place, request, python), signal), python, signal)) {
          begun ||= event.type !== 'resumable';
          yield event;
        }
        return;
      } catch (error) {
        const trouble = begun || !(error instanceof ModelError) ? undefined : error.hosted;
        if (!trouble || (trouble === 'gone' && tries > 0)) throw error;
        if (trouble === 'gone') await containers.forget(python.session);
        else refused.add(request.model);
        if (trouble === 'refused') onProblem(error);
      }
    }
    yield* model.respond(request, signal);
  }

  async function placeFor(python: RunPython, signal: AbortSignal): Promise<Place | undefined> {
    try {
      return await containers.open(python, signal);
    } catch (error) {
      if (!(error instanceof NoContainers)) throw error;
      if (told !== error) onProblem(error);
      told = error;
      return undefined;
    }
  }

  async function* resume(
    request: ModelRequest,
    answer: unknown,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent> {
    const { python } = request;
    const events = (asked: ModelRequest) => model.resume?.(asked, answer, signal) ?? [];
    if (!python) return yield* events(request);
    const container = (await containers.known(python.session)) ?? '';
    yield* hosted(events({ ...request, python: { ...python, container } }), python, signal);
  }

  /** The events with the files in the place of where they are found. */
  async function* hosted(
    events: AsyncIterable<ModelEvent> | Iterable<ModelEvent>,
    { session }: RunPython,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent> {
    const calls = new Set<string>();
    for await (const event of events) {
      if (event.type === 'tool_ran') calls.add(event.ran.call);
      if (event.type !== 'cited_file') {
        yield event;
        continue;
      }
      const file = await left.cited(session, event, calls, signal);
      if (file) yield { type: 'file', ...file };
    }
  }

  return {
    hostsCode: true,
    respond,
    offered: (signal) => model.offered(signal),
    ...(model.resume && { resume }),
    ...(model.cancel && { cancel: model.cancel.bind(model) }),
  };
}

/** The request with the container in which its code is to run. */
function at(place: Place, request: ModelRequest, python: RunPython): ModelRequest {
  const ranBefore = request.items.some((item) => item.type === 'tool_call' && item.name === python.name);
  const instructions = [request.instructions, instructionsFor(place, ranBefore)].filter(Boolean).join('\n\n');
  return { ...request, instructions, python: { ...python, container: place.id } };
}
