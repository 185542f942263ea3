import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMAND, EVENTS, SCOPES, SHORTCUTS } from '../../../adapters/slack/surface.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { METHODS } from '../../sim/slack/methods/index.ts';
import { asks, openWorld, SPEED } from './world.ts';

const { features, oauth_config, settings, display_information } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../adapters/slack/manifest.json'), 'utf8'),
);

test('the manifest asks for the events and scopes that the code uses, and for no others', () => {
  expect(settings.event_subscriptions.bot_events).toEqual([...EVENTS]);
  expect(oauth_config.scopes.bot).toEqual([...SCOPES]);
});

test('the manifest registers the command and the shortcuts that the code answers', () => {
  expect(features.slash_commands.map(({ command }: { command: string }) => command)).toEqual([COMMAND]);
  const shortcuts: { callback_id: string; type: string }[] = features.shortcuts;
  expect(shortcuts.map(({ callback_id }) => callback_id).sort()).toEqual(Object.values(SHORTCUTS).sort());
  expect(shortcuts.every(({ type }) => type === 'message')).toBe(true);
});

test('the manifest describes an agent in Socket Mode whose buttons work', () => {
  expect(features.agent_view).toBeDefined();
  expect(features.assistant_view).toBeUndefined();
  expect(features.app_home.messages_tab_read_only_enabled).toBe(false);
  expect(settings).toMatchObject({ socket_mode_enabled: true, interactivity: { is_enabled: true } });
});

/** https://docs.slack.dev/reference/app-manifest; a shortcut's name is held to 24 by the form of the app's settings. */
test.each([
  [display_information.name, 35],
  [display_information.description, 140],
  [features.agent_view.agent_description, 300],
  [features.bot_user.display_name, 80],
  ...features.shortcuts.flatMap((shortcut: Record<string, string>) => [
    [shortcut.name, 24],
    [shortcut.callback_id, 255],
    [shortcut.description, 150],
  ]),
  ...features.slash_commands.flatMap((command: Record<string, string>) => [
    [command.command, 32],
    [command.description, 2_000],
    [command.usage_hint, 1_000],
  ]),
])('the manifest keeps %j within %i characters', (text: string, most: number) => {
  expect(text.length).toBeGreaterThan(0);
  expect(text.length).toBeLessThanOrEqual(most);
});

test('the bot’s name has no characters that Slack refuses', () => {
  expect(features.bot_user.display_name).toMatch(/^[a-z0-9._-]+$/);
});

test('an app made of the manifest needs nothing more: all calls are allowed', async () => {
  const sim = { scopes: [...SCOPES], events: [...EVENTS], rates: { speed: SPEED } };
  const world = await openWorld({ model: new ScriptedModel(says('Allowed.')), sim });
  const thread = asks(world.sim);
  await thread.quiet();
  const ann = world.sim.user('ann');
  const { ts } = ann.says(ann.dm, 'hello', { files: [{ name: 'a.txt', content: 'text' }] });
  await world.sim.until(() => world.sim.thread(ann.dm, ts).includes('[Regenerate]'));
  const { ts: group } = ann.says('C0GROUP', '@bobbin hello');
  await world.sim.until(() => world.sim.thread('C0GROUP', group).includes('[Regenerate]'));
  expect(world.sim.counters.total().errors).toEqual({});
});

test('every scope is needed by a method or an event', () => {
  // What the methods of conversations want goes by the channel.
  const byMethods = [...METHODS.values()].flatMap(({ scopes }) => scopes);
  const byEvents = [
    'app_mentions:read',
    'channels:history',
    'channels:read',
    'groups:read',
    'mpim:read',
    'groups:history',
    'im:history',
    'mpim:history',
    'reactions:read',
    'commands',
  ];
  expect(SCOPES.filter((scope) => ![...byMethods, ...byEvents].includes(scope))).toEqual([]);
});
