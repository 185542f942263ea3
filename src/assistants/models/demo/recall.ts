import type { Turn } from './turn.ts';

/** How much of the first message is quoted, in characters. */
const MAX_QUOTE = 300;

const ASKED =
  /how many (messages|questions|times)|(what|which).*\b(my|i)\b.*\bfirst\b|\bfirst (message|thing|question)\b|\b(do|can|did) you (still )?remember\b|what did i (say|write|ask|tell)/i;

/** What the thread holds, when the user asks for it. */
export function recall({ text, messages }: Turn): string[] {
  if (!ASKED.test(text)) return [];
  const yours = messages.filter(({ role }) => role === 'user');
  const mine = messages.length - yours.length;
  const first = yours[0]?.text ?? '';
  if (messages.length === 1)
    return ['This thread holds 1 message, the one that you just sent: it is your first.'];
  const count = `This thread holds ${messages.length} messages that I can see: ${yours.length} from you, this one included, and ${mine} from me.`;
  return [`${count} Your first one was:\n\n${quote(first)}`];
}

function quote(text: string): string {
  const whole = text.trim();
  const cut = whole.length > MAX_QUOTE ? `${whole.slice(0, MAX_QUOTE).toWellFormed()}…` : whole;
  return cut.replaceAll(/^/gm, '> ');
}
