import { createHash } from 'node:crypto';
import type { ModelItem } from '../model.ts';
import type { Preparation } from './concessions.ts';

/** What every server takes whose ids are not of a form of its own; OpenAI's take no more than 40 characters. */
const PLAIN = /^[\w-]{1,40}$/;

/** Mistral's form, and short enough for everybody: "must be a-z, A-Z, 0-9, with a length of 9". */
const STRICT = /^[a-zA-Z0-9]{9}$/;

/** Ids that are plain, or come back to the server that made them, go as they are. */
export function isPlainId(id: string): boolean {
  return PLAIN.test(id);
}

/** For servers that take no ids but those of a form of their own, which another server's calls don't have. */
export const STRICT_IDS: Preparation = {
  answers: ({ param, words }, { request }) =>
    request.items.some(({ type }) => type === 'tool_call') &&
    /\btool.?(call|use)?\w*\W{0,3}.{0,30}\bids?\b|call_?id\b|tool_(calls|use)\S*\bid\b/i.test(
      `${param} ${words}`,
    ),
  prepare: (request) => ({ ...request, items: withIds(request.items, (id) => STRICT.test(id)) }),
};

/**
 * The same items, in which no two calls have one id and every id is `fine`: one that is not becomes another, the same
 * each time. An output follows its call.
 */
export function withIds(items: ModelItem[], fine: (id: string, call: ModelItem) => boolean): ModelItem[] {
  const taken = new Set<string>();
  const sent = new Map<string, string>();
  return items.map((item) => {
    if (item.type === 'tool_output') return { ...item, callId: sent.get(item.callId) ?? item.callId };
    if (item.type !== 'tool_call') return item;
    let id = item.callId;
    for (let tries = 0; taken.has(id) || !(tries > 0 || fine(id, item)); tries++) {
      id = strictId(`${item.callId}#${tries}`);
    }
    taken.add(id);
    sent.set(item.callId, id);
    return { ...item, callId: id };
  });
}

/** Nine letters or digits that `name` always gets. */
function strictId(name: string): string {
  return createHash('sha256')
    .update(name)
    .digest('base64')
    .replaceAll(/[+/=]/g, '')
    .padEnd(9, '0')
    .slice(0, 9);
}
