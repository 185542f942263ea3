import { assistantsFigures } from './assistants.ts';
import { codeInterpreterFigures } from './code-interpreter.ts';
import { discordFigures } from './discord.ts';
import { type Figure, print } from './figure.ts';
import { floodFigures } from './flood.ts';
import { functionCallFigures } from './function-calls.ts';
import { mcpFigures } from './mcp.ts';
import { producedFilesFigures } from './produced-files.ts';
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
import { syncFigures } from './sync.ts';
import { thousandFigures } from './thousand.ts';
import { turnFigures } from './turns.ts';

const sections: [string, () => Promise<Figure[]>][] = [
  ['Start', startFigures],
  ['The embedded Assistants API', assistantsFigures],
  ['Code interpreter', codeInterpreterFigures],
  ['Files that code makes', producedFilesFigures],
  ['Reply', replyFigures],
  ['Store', storeFigures],
  ['Search: how fast', searchFigures],
  ['Search: how well', retrievalFigures],
  ['Search: bringing documents', syncFigures],
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
  ['One person’s flood', floodFigures],
];

/** `npm run bench -- search` runs those sections alone that have one of the words in their title. */
const words = process.argv.slice(2).map((word) => word.toLowerCase());
const chosen = sections.filter(
  ([title]) => words.length === 0 || words.some((word) => title.toLowerCase().includes(word)),
);
if (chosen.length === 0) {
  process.stderr.write(
    `There is no such section; there are: ${sections.map(([title]) => title).join('; ')}\n`,
  );
  process.exitCode = 1;
}
for (const [title, figures] of chosen) {
  process.stdout.write(`\n${title}\n`);
  print(await figures());
}
