import { persist } from '../../persist.ts';
import type { BegunReply, KeptReply } from '../../platform.ts';
import { Publisher } from '../../reply/publisher/publisher.ts';
import type { Outcome } from '../../view.ts';
import { withoutWhereabouts } from '../../whereabouts.ts';
import type { TurnRecord } from '../ledger.ts';
import { personOf } from '../people.ts';
import type { TurnTask } from '../turns.ts';
import { ConversationLinks } from './conversation-links.ts';
import { inWords, sentenceFor } from './outcome.ts';
import { Turn } from './turn.ts';
import type { TurnParts, TurnPlatform } from './turn-parts.ts';

/** A process that has lived with a run for so long, in ms, does not die of it: one that is fatal is so at once. */
const LIVED_MS = 5_000;

/** A database that is started anew is back by then, in ms, as a rule; people who read an apology wait no longer for it. */
const KEPT_WITHIN_MS = 5_000;

/**
 * One pass of queued messages through one run to a finished reply. A stop ends both: the run, and what there is to show of
 * it. When this process has to leave, both are left as they are, for another process to go on with. Never rejects.
 */
export async function takeTurn(
  parts: TurnParts,
  task: TurnTask,
  platform: TurnPlatform,
): Promise<'over' | 'left'> {
  const began = performance.now();
  const { messages, entry, begun, stop, leave } = task;
  if (begun) parts.log.info('a turn goes on that another process has begun');
  const reply = platform.reply(messages, begun && begunReply(begun.record));
  const links = new ConversationLinks({
    client: parts.client,
    hosts: parts.linkHosts ?? [],
    messages,
    assistantId: parts.runSettings.assistant_id,
    threadId: () => parts.threads.idOf(messages[0]?.conversation ?? ''),
    onNews: () => publisher.refresh(),
    log: parts.log,
  });
  const [first] = messages;
  const person = first && { person: personOf(first) };
  const publisher = new Publisher(reply, parts.style, parts.log, {
    keep: (kept) => entry.note({ reply: kept }),
    keepFirst: (kept) => keepFirst(kept, task),
    links,
    begun: begun && seenOf(begun.record),
    ...person,
  });
  using _ = onAbort(stop, () => publisher.stop());
  using __ = onAbort(leave, () => publisher.leave());
  using ___ = after(parts.livedMs ?? LIVED_MS, () => {
    if (entry.record.attempts > 0) entry.note({ attempts: 0 });
  });
  const turn = new Turn(parts, publisher, task, platform);
  const outcome = await turn.answer().catch((error: unknown): Outcome | undefined => {
    if (leave.aborted) return undefined;
    parts.log.warn({ err: error, conversation: first?.conversation }, 'a turn failed');
    return { status: 'failed', error: sentenceFor(error) };
  });
  const isShown = outcome !== undefined && !stop.aborted;
  const [files, sources] = isShown
    ? await Promise.all([turn.files(), turn.sources(), publisher.decided()])
    : [[], ''];
  const told = inWords(outcome ?? { status: 'stopped' }, parts.readable ?? withoutWhereabouts, parts.log);
  const end = turn.endWith(told, files);
  const { status } = await publisher.finish(end, files, sources);
  turn.leave();
  if (leave.aborted) {
    await turn.handOver();
    parts.log.info('a turn is left for another process to go on with');
    return 'left';
  }
  await turn.deleteKept();
  if (status === 'completed') await turn.noteGap();
  parts.observer?.turnEnded(platform.name, status, (performance.now() - began) / 1_000);
  return 'over';
}

function begunReply({ reply, keepsFirst }: Partial<TurnRecord> = {}): BegunReply {
  return { ...(reply && { kept: reply }), ...(keepsFirst && { keepsFirst }) };
}

/** What people see of a reply that was begun; undefined for nothing. */
function seenOf({ reply, keepsFirst }: Partial<TurnRecord> = {}): 'seen' | 'perhaps seen' | undefined {
  if (reply) return 'seen';
  return keepsFirst ? undefined : 'perhaps seen';
}

/** Ends once it is kept. Where the store fails for long a reply is better shown than never. */
async function keepFirst(kept: KeptReply, { entry, leave, isUnkept }: TurnTask): Promise<void> {
  if (isUnkept) return;
  const keep = async () => {
    entry.note({ reply: kept });
    await entry.kept();
  };
  await persist(keep, { signal: leave, withinMs: KEPT_WITHIN_MS, onError: () => {} }).catch(() => {});
}

function onAbort(signal: AbortSignal, listener: () => void): Disposable {
  signal.addEventListener('abort', listener);
  if (signal.aborted) listener();
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', listener) };
}

function after(ms: number, what: () => void): Disposable {
  const timer = setTimeout(what, ms).unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
