import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';

/** What people asked in a row, some of which is meant, and what answered it. */
export interface AskedTurn {
  /** Those of its messages that are meant. */
  readonly meant: readonly Message[];
  readonly answers: readonly Message[];
  /** Which of the thread's runs are its own: those that said its answers, and those that came to no word. */
  runsAmong(runs: readonly Run[]): Run[];
}

/** The turns of a thread's messages, oldest first, in which people sent something that is meant. */
export function turnsOf(messages: readonly Message[], isMeant: (message: Message) => boolean): AskedTurn[] {
  const turns: { asked: Message[]; answers: Message[] }[] = [];
  for (const message of messages) {
    const turn = turns.at(-1);
    if (message.role === 'user' && (!turn || turn.answers.length > 0))
      turns.push({ asked: [message], answers: [] });
    else if (message.role === 'user') turn?.asked.push(message);
    else turn?.answers.push(message);
  }
  const speaking = new Set(messages.flatMap(({ run_id: id }) => id ?? []));
  return turns.flatMap(({ asked, answers }, at) => {
    const meant = asked.filter(isMeant);
    const [first] = meant;
    if (!first) return [];
    const ownIds = new Set(answers.flatMap(({ run_id: id }) => id ?? []));
    const end = turns[at + 1]?.asked[0]?.created_at ?? Number.POSITIVE_INFINITY;
    const isOwn = ({ id, created_at }: Run) =>
      ownIds.has(id) || (!speaking.has(id) && created_at >= first.created_at && created_at <= end);
    return [{ meant, answers, runsAmong: (runs) => runs.filter(isOwn) }];
  });
}
