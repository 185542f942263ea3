import type { Catalogue } from './catalogue.ts';
import { type Model, ModelError, type ModelEvent, type ModelRequest } from './model.ts';

/**
 * `model`, where the one called `standIn` answers for every name that the provider does not offer: those that are not
 * in its list, and those that it refuses, which is learnt, since some list nothing, or more than may be used.
 */
export function withStandIn(model: Model, standIn: string, catalogue: Catalogue): Model {
  async function* respond(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const { model: asked } = request;
    const isOffered = asked === standIn || (await unlessAborted(catalogue.offers(asked), signal)) !== false;
    if (isOffered) {
      let begun = false;
      try {
        for await (const event of model.respond(request, signal)) {
          begun ||= event.type !== 'resumable';
          yield event;
        }
        return;
      } catch (error) {
        const unknown = error instanceof ModelError && error.unknownModel;
        if (begun || !unknown || asked === standIn) throw error;
        catalogue.refused(asked);
      }
    }
    yield* model.respond({ ...request, model: standIn }, signal);
  }
  return {
    respond,
    offered: (signal) => model.offered(signal),
    ...(model.hostsCode && { hostsCode: model.hostsCode }),
    ...(model.resume && { resume: model.resume.bind(model) }),
    ...(model.cancel && { cancel: model.cancel.bind(model) }),
  };
}

/** Waits for `work`, or throws the signal's reason as soon as it aborts. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort));
}
