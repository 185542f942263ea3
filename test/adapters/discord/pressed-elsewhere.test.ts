import { expect, test } from 'vitest';
import { askingFunction, callsOf } from '../../sim/asking-function.ts';
import type { Message } from '../../sim/discord/model.ts';
import { says, text } from '../../sim/scripted-model.ts';
import { gate, heldBy, openScene } from './open-scene.ts';
import type { Scene } from './scene.ts';

/** A message of the bot's in #general whose buttons say that they belong to another conversation. */
async function misleading(scene: Scene, ...customIds: string[]): Promise<Message> {
  const { sim } = scene;
  sim.user('ben').command('ask', { question: 'hello' });
  await scene.finished('general');
  const last = sim.message(scene.replies('general').at(-1)?.id ?? '');
  mislead(last, ...customIds);
  return last;
}

function mislead(message: Message, ...customIds: string[]): void {
  const buttons = customIds.map((custom_id, at) => ({ type: 2, style: 2, label: `B${at}`, custom_id }));
  message.components = [{ type: 1, components: buttons }];
}

const IN_CHANNEL = {
  discord: { replyIn: 'channel' as const },
  sim: { channels: ['general', 'random'] },
};

test('in a channel no button reaches somebody’s direct messages or another channel’s thread, whatever its id says', async () => {
  const end = gate();
  const held = heldBy(end, text('Begun'), text(' and ended.'));
  const scene = await openScene([says('In a thread.'), held, says('Hello.'), says('Leaked.')], IN_CHANNEL);
  const { sim, bot } = scene;
  const ann = sim.user('ann');
  const thread = ann.startsThread(ann.says('random', 'x'), 'Elsewhere');
  ann.says(thread, `${sim.mention} one`);
  await scene.finished(thread.id);
  const direct = ann.dm('two').channel;
  await scene.shows(direct.id, 'Begun');
  const ids = [direct.id, thread.id].map((id) => `discord:${id}`);
  const button = await misleading(
    scene,
    ...ids.flatMap((id) => [`stop ${id} 1`, `regenerate ${id} 1`]),
    `bad ${ids[0]} 1`,
  );
  const rated: unknown[] = [];
  bot.rate = (rating) => void rated.push(rating);
  const labels = ['B0', 'B1', 'B2', 'B3', 'B4'];
  for (const label of labels) {
    const { components } = button;
    const press = sim.user('ben').presses(button, label);
    const whispers = () => scene.replies('general').filter(({ onlyFor }) => onlyFor === 'ben');
    await sim.until(() => whispers().length === labels.indexOf(label) + 1);
    expect([label, press.state]).toEqual([label, 'acknowledged']);
    button.components = components;
  }
  end.open();
  await scene.finished(direct.id);
  await scene.settled();
  expect(scene.text(direct.id)).toBe('Begun and ended.');
  expect(scene.text(thread.id)).toBe('In a thread.');
  expect(rated).toEqual([]);
  expect(scene.received.filter(({ regenerate }) => regenerate)).toEqual([]);
  expect(scene.text('general')).not.toContain('Leaked.');
});

test('in a thread a button acts on that thread', async () => {
  const scene = await openScene([says('Direct.'), says('One.'), says('Better.')]);
  const { sim } = scene;
  const direct = sim.user('ann').dm('secret').channel;
  await scene.finished(direct.id);
  const question = sim.user('ben').says('general', `${sim.mention} go`);
  const [reply] = await scene.finished(question.id);
  const message = sim.message(reply?.id ?? '');
  mislead(message, `regenerate discord:${direct.id} 1`);
  sim.user('ben').presses(message, 'B0');
  await scene.shows(question.id, 'Better.');
  expect(scene.told()).toEqual(['go']);
  expect(scene.text(direct.id)).toBe('Direct.');
});

test('nobody decides on a call from another channel', async () => {
  const { team, made } = askingFunction();
  const asking = { ...team, approve: 'channel' as const };
  const wishes = callsOf(['reset_vpn', '{"user":"ann"}']);
  const options = { ...IN_CHANNEL, functions: [asking] };
  const scene = await openScene([wishes, says('Hello.'), says('Not done.')], options);
  const { sim, bot } = scene;
  const ann = sim.user('ann');
  const direct = ann.dm('reset my vpn').channel;
  await scene.shows(direct.id, 'May I use');
  const question = sim.message(scene.replies(direct.id).at(-1)?.id ?? '');
  const ids = JSON.stringify(question.components).match(/(?:approve|refuse) [^"]*/g) ?? [];
  expect(ids.map((id) => id.includes(direct.id))).toEqual([true, true]);
  const button = await misleading(scene, ...ids);
  sim.user('ben').presses(button, 'B0');
  await sim.until(() => scene.text('general').split('This button does nothing any more.').length === 2);
  sim.user('ben').presses(button, 'B1');
  await sim.until(() => scene.text('general').split('This button does nothing any more.').length === 3);
  expect(made).toEqual([]);
  expect(scene.text(direct.id)).not.toMatch(/Approved|Refused/);
  expect(await bot.stop(`discord:${direct.id}`)).toBe(true);
});

test('in a channel its own buttons work when much was said since, too', async () => {
  const scene = await openScene([says('One.'), says('Better.')], IN_CHANNEL);
  const { sim } = scene;
  sim.user('ann').says('general', `${sim.mention} go`);
  await scene.finished('general');
  await scene.settled();
  const reply = sim.message(scene.replies('general').at(-1)?.id ?? '');
  for (let n = 0; n < 30; n++) sim.user('ben').says('general', `chatter ${n}`);
  sim.user('ben').presses(reply, 'Regenerate');
  await scene.shows('general', 'Better.');
});
