import { pino } from 'pino';
import { expect, test } from 'vitest';
import { inPlace } from '../../../adapters/discord/place.ts';
import type { IncomingMessage, Rating, Reply } from '../../../src/platform.ts';
import type { View } from '../../../src/view.ts';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import type { Message } from '../../sim/discord/model.ts';
import { idle } from './idle-bot.ts';
import { gate, openDiscord, openSim } from './open-scene.ts';

/** Replies that one process writes, and people who press and command what another one hears of. */

function viewOf(text: string, isOver: boolean): View {
  const parts = [{ opening: '', source: text, closing: '', text }];
  return { parts, calls: [], files: [], ...(isOver && { outcome: { status: 'completed' } }) };
}

async function show(reply: Reply, view: View): Promise<void> {
  for (let call = reply.next(view); call; call = reply.next(view)) await call.send();
}

/** What another process writes in a channel: its last message, and the conversation. */
async function writes(
  sim: DiscordSim,
  text: string,
  isOver = false,
): Promise<{ shown: Message; conversation: string }> {
  const asked = sim.user('ann').says('general', `${sim.mention} go`);
  const question: IncomingMessage = {
    id: asked.id,
    conversation: `discord:${asked.id}`,
    author: { id: sim.user('ann').user.id, name: 'ann' },
    text: 'go',
    replyTo: inPlace(asked.channel.id, asked.id),
  };
  await show(openDiscord(sim).reply([question]), viewOf(text, isOver));
  const shown = sim.messages('general').at(-1);
  return { shown: sim.message(shown?.id ?? ''), conversation: question.conversation };
}

const told = (sim: DiscordSim) => sim.messages('general', 'ben').filter(({ onlyFor }) => onlyFor === 'ben');

test.each([true, false])(
  'a Stop button reaches whichever process writes the reply (%s)',
  async (isWritten) => {
    const sim = await openSim();
    const stopped: string[] = [];
    const stop = async (conversation: string) => {
      stopped.push(conversation);
      return isWritten;
    };
    await openDiscord(sim).start({ ...idle, stop });
    const { shown, conversation } = await writes(sim, 'Begun');
    const press = sim.user('ben').presses(shown, 'Stop');
    await sim.until(() => press.state === 'acknowledged' && stopped.length === 1);
    if (!isWritten) await sim.until(() => told(sim).length === 1);
    expect(stopped).toEqual([conversation]);
    expect(sim.messages('general').find(({ id }) => id === shown.id)?.buttons).toHaveLength(
      isWritten ? 1 : 0,
    );
    expect(told(sim).map(({ content }) => content.slice(0, 34))).toEqual(
      isWritten ? [] : ['Nobody writes this answer any more'],
    );
  },
);

test('a Stop is acknowledged in time, however long it takes to reach the process that writes', async () => {
  const sim = await openSim();
  const { opened } = gate();
  await openDiscord(sim).start({ ...idle, stop: () => opened.then(() => true) });
  const { shown } = await writes(sim, 'Begun');
  const press = sim.user('ben').presses(shown, 'Stop');
  await sim.until(() => press.state === 'acknowledged');
});

test('/stop in a channel stops the replies there that other processes write, and no others', async () => {
  const sim = await openSim();
  const stopped: string[] = [];
  const stop = async (conversation: string) => {
    stopped.push(conversation);
    return true;
  };
  await openDiscord(sim).start({ ...idle, stop });
  const one = await writes(sim, 'One');
  await writes(sim, 'Two.', true);
  const three = await writes(sim, 'Three');
  sim.user('ben').command('stop');
  await sim.until(() => told(sim).some(({ content }) => content === 'Stopped.'));
  expect(stopped.toSorted()).toEqual([one.conversation, three.conversation].toSorted());
});

test('Regenerate is acknowledged once the question is kept, and in time where that takes long', async () => {
  const sim = await openSim();
  const kept = [gate(), gate()] as const;
  let asked = 0;
  const keep = () => kept[asked++]?.opened ?? Promise.resolve();
  await openDiscord(sim).start({
    ...idle,
    knows: async () => true,
    receive: ({ regenerate }) => ({
      kept: regenerate ? keep() : Promise.resolve(),
      answered: Promise.resolve(),
    }),
  });
  const { shown } = await writes(sim, 'One.', true);
  const press = sim.user('ben').presses(shown, 'Regenerate');
  await sim.until(() => asked === 1);
  expect(press.state).toBe('waiting');
  kept[0].open();
  await sim.until(() => press.state === 'acknowledged');
  const late = sim.user('ben').presses(shown, 'Regenerate');
  await sim.until(() => asked === 2 && late.state === 'acknowledged');
});

test('of two processes that hear of a button one answers, and the other one has nothing to say', async () => {
  const sim = await openSim();
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const rated: string[] = [];
  const bot = { ...idle, rate: ({ conversation }: Rating) => void rated.push(conversation) };
  for (let process = 0; process < 2; process++) await openDiscord(sim, { log }).start(bot);
  const { shown, conversation } = await writes(sim, 'One.', true);
  const callbacks = 'POST /interactions/:interaction/:token/callback';
  sim.user('ben').presses(shown, '👍');
  await sim.until(() => sim.calls.count(callbacks) === 2 && rated.length === 1);
  expect(told(sim)).toHaveLength(1);
  expect(rated).toEqual([conversation]);
  expect(lines).toEqual([]);
});
