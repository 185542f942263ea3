import type { Turn } from './turn.ts';

/** How much of the first message is quoted, in characters. */
const MAX_QUOTE = 300;

const ASKED = new RegExp(
  [
    /how many (messages|questions)\b/,
    /\bfirst (message|thing|question|words?)\b/,
    /\b(do|can|did) you (still )?remember\b/,
    /\bwhat (did|have|had) i (just )?(say|said|write|written|ask|asked|tell|told)\b/,
    /\bi (said|wrote|asked|told you) first\b/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

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
