import type { SuggestedPrompt } from '../../../src/platform.ts';
import { shorten } from '../text.ts';

const HOW = [
  'Mention me in a channel with your question, write to me directly, or use `/ask`. You can attach files.',
  'Go on in the thread, or reply to my answer. `/stop` ends an answer, `/new` lets me forget a conversation.',
].join('\n');

/** What to say when a message in one of the bot's threads can't be read. */
export const CANNOT_READ = 'Please mention me: here I can only read messages that do.';

/** How to use the bot, and what could be asked. */
export function helpText(prompts: readonly SuggestedPrompt[]): string {
  if (prompts.length === 0) return HOW;
  const examples = prompts.map(({ message }) => `- ${message}`);
  return shorten(`${HOW}\nFor example:\n${examples.join('\n')}`);
}
