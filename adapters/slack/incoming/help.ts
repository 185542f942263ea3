import { COMMAND } from '../surface.ts';

/** What the app says about itself. */
export const HELP = [
  'Mention me in a channel and I answer in that message’s thread, or write to me directly.',
  'In a thread where I take part no mention is needed, unless you speak to someone else.',
  'Attach files, and I read them. I can run Python and show what it puts out.',
  `\`${COMMAND} new\` makes me forget your last conversation here, and \`${COMMAND} stop\` stops my answer to you.`,
  'Inside a thread, where Slack takes no commands, use the shortcuts in a message’s menu instead.',
].join('\n');
