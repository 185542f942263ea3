import type { types } from '@slack/bolt';
import { expect, test } from 'vitest';
import { client, errorOf, failureOf, slack, socketApp } from './fixture.ts';

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const FORM: types.ModalView = {
  type: 'modal',
  callback_id: 'why',
  private_metadata: 'q1',
  title: plain('Refuse'),
  submit: plain('Send'),
  blocks: [
    {
      type: 'input',
      block_id: 'reason',
      optional: true,
      label: plain('Why?'),
      element: { type: 'plain_text_input', action_id: 'reason', max_length: 10 },
    },
  ],
};
const BUTTON = { type: 'button' as const, action_id: 'refuse', text: plain('Refuse'), value: 'q1' };

async function opened(view: types.ModalView = FORM, options: Parameters<typeof slack>[0] = {}) {
  const sim = await slack(options);
  const triggers: string[] = [];
  const sent: unknown[] = [];
  await socketApp(sim, (app) => {
    app.action('refuse', async ({ ack, body }) => {
      await ack();
      triggers.push('trigger_id' in body ? body.trigger_id : '');
    });
    app.view('why', async ({ ack, body, view }) => {
      const { value } = view.state.values.reason?.reason ?? {};
      sent.push([body.user.id, view.private_metadata, value]);
      if (value === 'bad') await ack({ response_action: 'errors', errors: { reason: 'No.' } });
      else await ack();
    });
  });
  const web = client(sim);
  const { ts = '' } = await web.chat.postMessage({
    channel: 'C0GENERAL',
    text: 'x',
    blocks: [{ type: 'actions', elements: [BUTTON] }],
  });
  const ann = sim.user('ann');
  await ann.presses({ channel: 'C0GENERAL', ts }, 'Refuse');
  await sim.until(() => triggers.length === 1);
  const trigger_id = triggers[0] ?? '';
  const open = () => web.views.open({ trigger_id, view });
  return { sim, ann, web, open, sent };
}

test('a press opens one form, which comes back with what was entered', async () => {
  const { ann, open, sent } = await opened();
  expect((await open()).view).toMatchObject({ type: 'modal', callback_id: 'why' });
  expect(ann.form).toMatchObject({ title: 'Refuse', callbackId: 'why' });
  expect(await errorOf(open())).toBe('exchanged_trigger_id');
  await expect(ann.submits({ reason: 'more than ten' })).rejects.toThrow('takes 10 characters');
  await ann.submits({ reason: 'bad' });
  expect(ann.form).toBeDefined();
  await ann.submits({});
  expect(ann.form).toBeUndefined();
  expect(sent).toEqual([
    ['U0ANN', 'q1', 'bad'],
    ['U0ANN', 'q1', null],
  ]);
  await expect(ann.submits({})).rejects.toThrow('sees no form');
});

test('a trigger is good for three seconds, and none is made up', async () => {
  const { open, web } = await opened(FORM, { timing: { triggerMs: 0 } });
  expect(await errorOf(open())).toBe('expired_trigger_id');
  expect(await errorOf(web.views.open({ trigger_id: '1.2.3', view: FORM }))).toBe('invalid_trigger_id');
});

test.each<[string, Partial<types.ModalView>]>([
  ['title', { title: plain('x'.repeat(25)) }],
  ['submit', { submit: plain('x'.repeat(25)) }],
  ['private_metadata', { private_metadata: 'x'.repeat(3_001) }],
  ['callback_id', { callback_id: 'x'.repeat(256) }],
  ['blocks', { blocks: Array.from({ length: 101 }, () => ({ type: 'divider' as const })) }],
])('a form with a bad %s is refused', async (_, wrong) => {
  const { open } = await opened({ ...FORM, ...wrong });
  expect(await errorOf(open())).toBe('invalid_arguments');
});

test('a form with fields has a button to send it', async () => {
  const { submit: _, ...silent } = FORM;
  const { open } = await opened(silent as types.ModalView);
  expect((await failureOf(open())).response_metadata?.messages?.join()).toContain('submit');
});

test('a person’s channels are told as far as the app may know of them', async () => {
  const sim = await slack();
  const web = client(sim);
  const names = async (user: string, types?: string) =>
    (await web.users.conversations({ user, ...(types && { types }) })).channels?.map(({ name }) => name);
  expect(await names('U0BEN')).toEqual(['general', 'elsewhere', 'archive']);
  expect(await names('U0BEN', 'public_channel,private_channel')).toContain('private');
  expect(await names('U0BEN', 'private_channel')).not.toContain('secret');
  expect(await names('U0CLEO', 'private_channel')).toEqual([]);
  expect(await errorOf(web.users.conversations({ user: 'U0BEN', types: 'rooms' }))).toBe('invalid_types');
  const poor = await slack({ scopes: ['chat:write', 'channels:read'] });
  expect(await errorOf(client(poor).users.conversations({ types: 'private_channel' }))).toBe('missing_scope');
});
