import { type Entry, entryOf, type Sourced } from './entry.ts';

/** What a provider wants back with a call, or after the answer that a message or a call is of. */
export interface OwnFields {
  /** The id of the message or the call. */
  of: string;
  own?: unknown;
  items?: unknown[];
}

/** The entries with what providers want back with them, of which there is some for some runs. */
export function withOwnFields(byRun: ReadonlyMap<string, OwnFields[]>, entries: Entry[]): Entry[] {
  return entries.map((entry) => {
    const fields = byRun.get(entry.id);
    return fields ? withFields(entry, fields) : entry;
  });
}

function withFields({ id, items, sources, messages, fromUser }: Entry, fields: OwnFields[]): Entry {
  const bySource = new Map(fields.map((each) => [each.of, each]));
  const done: Sourced[] = [];
  let waiting: Sourced[] = [];
  for (const [at, item] of items.entries()) {
    const source = sources[at] ?? '';
    // What belongs to a whole answer comes after its last call, and before the outputs.
    if (item.type !== 'tool_call') done.push(...waiting.splice(0));
    const kept = item.type === 'tool_output' ? undefined : bySource.get(source);
    done.push({ item: item.type === 'tool_call' && kept?.own ? { ...item, own: kept.own } : item, source });
    waiting = [...waiting, ...(kept?.items ?? []).map((each) => providerItem(each, source))];
  }
  return entryOf(id, [...done, ...waiting], messages, fromUser);
}

function providerItem(item: unknown, source: string): Sourced {
  return { item: { type: 'provider', item }, source };
}
