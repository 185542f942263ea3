import type { ApprovalState, FunctionCall, ToolCall } from '../../view.ts';
import { type Entry, hasEnded, type ToolCallsEntry, type Transcript } from './transcript.ts';

/** A call that people are asked about. */
type AskedCall = Pick<FunctionCall, 'id' | 'name' | 'arguments'>;

/**
 * The transcript with what people are asked about its calls. Those which its run has not told of yet come first.
 * @param states By the calls' ids.
 * @param asked The calls as they will be made: what people see is what they decide on, whatever the run has told.
 */
export function withApprovals(
  transcript: Transcript,
  states: ReadonlyMap<string, ApprovalState>,
  asked: readonly AskedCall[],
): Transcript {
  if (states.size === 0) return transcript;
  const wanted = new Map(asked.map((call) => [call.id, call]));
  const entries = transcript.entries.map((entry) => inEntry(entry, states, wanted));
  const told = new Set(
    entries.flatMap((entry) => (entry.type === 'tool_calls' ? entry.tool_calls : [])).map(({ id }) => id),
  );
  const untold = asked.filter(({ id }) => states.has(id) && !told.has(id));
  if (untold.length === 0) return { ...transcript, entries };
  return { ...transcript, entries: [entryOf(untold, states, transcript), ...entries] };
}

function inEntry(
  entry: Entry,
  states: ReadonlyMap<string, ApprovalState>,
  wanted: ReadonlyMap<string, AskedCall>,
): Entry {
  if (entry.type !== 'tool_calls' || !entry.tool_calls.some(({ id }) => states.has(id))) return entry;
  const calls = entry.tool_calls.map((call) => {
    const { name, arguments: args } = wanted.get(call.id) ?? {};
    if (call.type !== 'function' || name === undefined || args === undefined) return call;
    return { ...call, name, arguments: args };
  });
  return { ...entry, tool_calls: inCalls(calls, states) };
}

function inCalls(calls: readonly ToolCall[], states: ReadonlyMap<string, ApprovalState>): ToolCall[] {
  const asked = calls.filter(({ id, type }) => type === 'function' && states.has(id));
  return calls.map((call) => {
    const approval = states.get(call.id);
    const number = asked.indexOf(call) + 1;
    if (!approval || call.type !== 'function') return call;
    return { ...call, approval: asked.length > 1 ? { ...approval, number } : approval };
  });
}

function entryOf(
  calls: readonly AskedCall[],
  states: ReadonlyMap<string, ApprovalState>,
  { status }: Transcript,
): ToolCallsEntry {
  const untold = calls.map(
    ({ id, name, arguments: args }, index): ToolCall => ({
      type: 'function',
      index,
      id,
      name,
      arguments: args,
      output: null,
    }),
  );
  const over = status && hasEnded(status) ? status : 'in_progress';
  return { type: 'tool_calls', id: 'asked', status: over, tool_calls: inCalls(untold, states) };
}
