import { ChannelType, PermissionFlagsBits } from 'discord.js';
import { expect, test } from 'vitest';
import { says } from '../../sim/scripted-model.ts';
import { openScene } from './open-scene.ts';

const VIEW = PermissionFlagsBits.ViewChannel;

test('who reads a channel of a server is told by roles and names, a direct message by its person', async () => {
  const scene = await openScene([says('ok')], {
    before: (sim) => {
      sim.user('ann');
      const { world } = sim;
      const guild = [...world.guilds.values()][0];
      if (!guild) throw new Error('There is no server.');
      const role = world.addRole(guild, 'HR', 0n);
      const bot = [...guild.roles.values()].find((one) => one.bot === world.bot)?.id ?? '';
      const channel = world.addChannel({ type: ChannelType.GuildText, name: 'hr', guild });
      const ann = [...world.users.values()].find(({ name }) => name === 'ann')?.id ?? '';
      channel.overwrites.set(guild.id, { id: guild.id, allow: 0n, deny: VIEW });
      for (const id of [role.id, bot, ann]) channel.overwrites.set(id, { id, allow: VIEW, deny: 0n });
    },
  });
  const { world } = scene.sim;
  const named = (name: string) => [...world.channels.values()].find((channel) => channel.name === name);
  const guild = [...world.guilds.values()][0];
  const hr = [...(guild?.roles.values() ?? [])].find(({ name }) => name === 'HR');
  const ann = [...world.users.values()].find(({ name }) => name === 'ann');
  const readers = (channel: string) =>
    scene.platform.readers({
      id: '1',
      conversation: `discord:${channel}`,
      author: { id: ann?.id ?? '', name: 'ann' },
      text: '',
      replyTo: { channel },
    });
  const closed = await readers(named('hr')?.id ?? '');
  expect(closed.places).toEqual([`discord:${named('hr')?.id}`]);
  const members = [...(guild?.roles.values() ?? [])].find(({ name }) => name === 'Members');
  expect(new Set(closed.people?.flat())).toEqual(new Set([`discord:${hr?.id}`, `discord:${ann?.id}`]));
  expect(closed.people?.flat()).not.toContain(`discord:${members?.id}`);
  const open = await readers(named('general')?.id ?? '');
  expect(open.people?.flat()).not.toContain(`discord:${hr?.id}`);
  if (!ann) throw new Error('There is no Ann.');
  const direct = world.directMessages(ann).id;
  expect(await readers(direct)).toEqual({
    places: [`discord:${direct}`],
    people: [[`discord:${ann.id}`]],
  });
  await expect(readers('123456789012345678')).rejects.toThrow();
});
