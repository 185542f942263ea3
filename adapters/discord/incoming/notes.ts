import type { Api } from '../api.ts';
import type { Budgets } from '../budgets.ts';

/** For a note to find room between the replies of its channel, in ms. */
const PATIENCE_MS = 30_000;

export interface Note {
  channel: string;
  content: string;
  /** The message that it answers, whose author is pinged; nobody is when it is left out. */
  answers?: string | undefined;
  /** The same note is posted once; at most 25 characters. */
  nonce: string;
}

/** Posts a note that belongs to no reply, before all replies of its channel; false where there was no room for it. */
export async function postNote(
  note: Note,
  { api, budgets }: { api: Api; budgets: Budgets },
): Promise<boolean> {
  const { channel, content, answers, nonce } = note;
  const { budget, release } = budgets.open(channel);
  const claim = { urgency: () => Number.POSITIVE_INFINITY, room: 'all' as const };
  try {
    if (!(await budget.take(claim, AbortSignal.timeout(PATIENCE_MS)))) return false;
    await api.post(channel, { content, buttons: [], files: [], answers, ping: true, nonce });
    return true;
  } finally {
    release();
  }
}
