import type { Receipt } from './forgetting.ts';

export interface Where {
  /** Where the store is. */
  place: string;
  /** The Assistants server, when it is another one. */
  server?: string | undefined;
}

/** The receipt as text for whoever asked, which they may pass on. */
export function printed({ whom, said, conversations, notes, copies }: Receipt, where: Where): string {
  const [what, id] = 'person' in whom ? ['the person', whom.person] : ['the conversation', whom.conversation];
  const deleted = [
    said.threads > 0 && `${count(said.threads, 'thread')} as a whole`,
    said.messages > 0 && count(said.messages, 'message'),
    said.runs > 0 && count(said.runs, 'run'),
    said.steps > 0 && count(said.steps, 'run step'),
    said.files.length > 0 && count(said.files.length, 'file'),
  ].filter((line) => line !== false);
  const lines = [
    deleted.length > 0 &&
      `- from ${where.server ? `the Assistants server ${where.server}` : where.place}: ${deleted.join(', ')}`,
    notes > 0 &&
      `- from ${where.place}: ${count(notes, 'note')} (threads, ledger, waiting and seen messages, unanswered questions)`,
    copies.length > 0 && `- on the disk: ${copies.join(', ')}`,
    conversations.length > 0 && `- nothing is left of: ${conversations.join(', ')}`,
  ].filter((line) => line !== false);
  const head =
    lines.length > 0 ? [`Deleted of ${what} ${id}:`, ...lines] : [`Nothing of ${what} ${id} is kept here.`];
  return [...head, '', 'Not deleted:', ...remains(whom, where), ''].join('\n');
}

/** What Bobbin can't reach. */
function remains(whom: Receipt['whom'], { server }: Where): string[] {
  return [
    '- what stands on Slack, Discord or in a terminal: delete it there',
    'person' in whom && '- what others wrote, and the answers to them, which may mention the person',
    server &&
      '- runs and their steps on the Assistants server, if it has no call to delete them, and threads that /new left',
    '- what the model’s provider keeps of requests',
    '- backups of the database, its own logs (PostgreSQL), and log lines of Bobbin, which hold ids but no texts',
  ].filter((line) => line !== false && line !== undefined && line !== '') as string[];
}

function count(number: number, name: string): string {
  return `${number.toLocaleString('en')} ${name}${number === 1 ? '' : 's'}`;
}
