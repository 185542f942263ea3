import { startDiscord } from '../sim/discord/discord.ts';
import type { Scene } from './screen.ts';

/** The bot starts and answers within this; Python's first start takes the most of it. In milliseconds. */
const PATIENCE = 60_000;

/** A mention in a channel, the thread that it starts, and a direct message. */
export const demoDiscord: Scene = async (screen, startBot) => {
  const sim = await startDiscord();
  startBot({ DISCORD_TOKEN: sim.token, DISCORD_API_URL: sim.apiUrl });
  await sim.until(() => sim.gateway.connected > 0, PATIENCE);

  const ann = sim.user('ann');
  const question = ann.says('general', `${sim.mention} I need to solve \`3x + 11 = 14\`. Can you help me?`);
  const seen = () => `Discord, a thread in #general\n\n${sim.view(question.id)}`;
  const stop = sim.watch(() => sim.world.channels.has(question.id) && screen.draw(seen()));
  await sim.until(() => sim.world.channels.has(question.id) && isAnswered(seen()), PATIENCE);
  stop();
  screen.end(seen());

  ann.dm('How many messages does this thread hold?');
  const direct = () => `Discord, a direct message\n\n${sim.view(sim.directMessages('ann').id)}`;
  sim.watch(() => screen.draw(direct()));
  await sim.until(() => isAnswered(direct()), PATIENCE);
  screen.end(direct());
  return () => sim.close();
};

/** Every finished reply offers to be given anew. */
function isAnswered(seen: string): boolean {
  return seen.includes('Regenerate');
}
