import type { ModelEvent, ModelItem, ModelRequest } from '../model.ts';
import { isPlainId } from './call-ids.ts';
import type { Preparation } from './concessions.ts';
import { type JsonObject, objectAt } from './json.ts';

/** Where it stands whose something is: it is valid, or even readable, nowhere else. */
const OWNER = 'ofProvider';

/** Marks what is the provider's own. An id of a form that others may not take is one such thing. */
export function* marked(event: ModelEvent, provider: string): Generator<ModelEvent> {
  const owned = (value: unknown) => ({ ...ownFieldsOf(value), [OWNER]: provider });
  if (event.type === 'resumable') yield { ...event, answer: owned(event.answer) };
  else if (event.type === 'provider_item') yield { ...event, item: owned(event.item) };
  else if (event.type === 'tool_own') yield { ...event, own: owned(event.own) };
  else yield event;
  if (event.type === 'tool_call' && !isPlainId(event.callId)) {
    yield { type: 'tool_own', index: event.index, own: owned({}) };
  }
}

/** Gives the provider back what is its own, as it came, and keeps from it what is not. */
export function withOwnFields(request: ModelRequest, provider: string): ModelRequest {
  const items = request.items.flatMap((item): ModelItem[] => {
    if (item.type === 'provider') {
      const own = unmarked(item.item, provider);
      return own ? [{ ...item, item: own }] : [];
    }
    if (item.type !== 'tool_call') return [item];
    const { own: given, ...call } = item;
    const own = unmarked(given, provider);
    return [own ? { ...call, own } : call];
  });
  return { ...request, items };
}

/** For a provider that does not know what was once its own, as when its model or its key is another. */
export const WITHOUT_OLD_FIELDS: Preparation = {
  answers: ({ words }) =>
    /signature|reasoning_details|extra_content|encrypted.content/i.test(words) &&
    !/missing|required/i.test(words),
  prepare: (request) => ({ ...request, items: withoutOld(request.items) }),
};

/** The fields of a call that are not in the API, as the provider put them. */
export function ownFieldsOf(own: unknown): JsonObject {
  return objectAt({ own }, 'own');
}

/** What is the provider's own, without its mark; undefined for what is another's. */
export function unmarked(value: unknown, provider: string): JsonObject | undefined {
  const { [OWNER]: owner, ...own } = ownFieldsOf(value);
  return owner === provider ? own : undefined;
}

/** What came before the newest question. */
function withoutOld(items: ModelItem[]): ModelItem[] {
  const newest = items.findLastIndex((item) => item.type === 'message' && item.role === 'user');
  return items.flatMap((item, at): ModelItem[] => {
    if (at > newest) return [item];
    if (item.type === 'provider') return [];
    if (item.type !== 'tool_call') return [item];
    const { own: _, ...call } = item;
    return [call];
  });
}
