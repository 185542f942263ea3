import { assistantsFigures } from './assistants.ts';
import { codeInterpreterFigures } from './code-interpreter.ts';
import { discordFigures } from './discord.ts';
import { type Figure, print } from './figure.ts';
import { functionCallFigures } from './function-calls.ts';
import { mcpFigures } from './mcp.ts';
import { publisherFigures } from './publisher.ts';
import { queueFigures } from './queue.ts';
import { reactionFigures } from './reaction.ts';
import { refusalFigures } from './refusal.ts';
import { replyFigures } from './reply.ts';
import { retrievalFigures } from './retrieval.ts';
import { searchFigures } from './search.ts';
import { slackFigures } from './slack.ts';
import { startFigures } from './start.ts';
import { storeFigures } from './store.ts';
import { thousandFigures } from './thousand.ts';
import { turnFigures } from './turns.ts';

const sections: [string, () => Promise<Figure[]>][] = [
  ['Start', startFigures],
  ['The embedded Assistants API', assistantsFigures],
  ['Code interpreter', codeInterpreterFigures],
  ['Reply', replyFigures],
  ['Store', storeFigures],
  ['Search', searchFigures],
  ['Retrieval', retrievalFigures],
  ['Shared budget, in virtual time', publisherFigures],
  ['Slack', slackFigures],
  ['Discord', discordFigures],
  ['Reaction', reactionFigures],
  ['Queue', queueFigures],
  ['Turns', turnFigures],
  ['Function calls', functionCallFigures],
  ['MCP servers', mcpFigures],
  ['Refusals', refusalFigures],
  ['A thousand replies', thousandFigures],
];

for (const [title, figures] of sections) {
  process.stdout.write(`\n${title}\n`);
  print(await figures());
}
