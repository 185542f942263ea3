import { setTimeout as sleep } from 'node:timers/promises';
import { startSlack } from '../sim/slack/slack.ts';
import type { Scene } from './screen.ts';

/** Milliseconds between two looks at whether the bot has connected. */
const LOOK = 50;
const CHANNEL = 'C0GENERAL';
/** The bot starts and answers within this; Python's first start takes the most of it. In milliseconds. */
const PATIENCE = 60_000;

/** A mention in a channel, and a follow-up in its thread. */
export const demoSlack: Scene = async (screen, startBot) => {
  const sim = await startSlack();
  startBot({
    SLACK_BOT_TOKEN: sim.app.botToken,
    SLACK_APP_TOKEN: sim.app.appToken,
    SLACK_API_URL: sim.apiUrl,
  });
  while (sim.socketMode.connections === 0) await sleep(LOOK);

  const question = await sim
    .user('ann')
    .says(CHANNEL, '@bobbin I need to solve `3x + 11 = 14`. Can you help me?');
  const seen = () => `Slack, #general, a thread\n\n${sim.thread(CHANNEL, question.ts)}`;
  sim.watch(() => screen.draw(seen()));
  await sim.until(() => isAnswered(seen(), 1), PATIENCE);
  await sim
    .user('ben')
    .says(CHANNEL, 'How many messages does this thread hold, and what was the first one?', {
      thread: question.ts,
    });
  await sim.until(() => isAnswered(seen(), 2), PATIENCE);
  screen.end(seen());
  return () => sim.close();
};

/** Every finished reply offers to be given anew, and nothing is left to stop. */
function isAnswered(seen: string, times: number): boolean {
  return seen.split('Regenerate').length > times && !seen.includes('Stop]');
}
