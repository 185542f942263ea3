import {
  type APIModalInteractionResponseCallbackData,
  ButtonStyle,
  ComponentType,
  Events,
  type Interaction,
  TextInputStyle,
} from 'discord.js';
import { expect, test } from 'vitest';
import { login, NO_LIMITS, raw, start } from './harness.ts';

const FORM: APIModalInteractionResponseCallbackData = {
  custom_id: 'reason q1',
  title: 'Refuse',
  components: [
    {
      type: ComponentType.Label,
      label: 'Why?',
      component: {
        type: ComponentType.TextInput,
        custom_id: 'reason',
        style: TextInputStyle.Paragraph,
        max_length: 10,
        required: false,
      },
    },
  ],
};
const ROW = {
  type: ComponentType.ActionRow,
  components: [
    { type: ComponentType.Button, style: ButtonStyle.Danger, label: 'Refuse', customId: 'refuse' },
  ],
} as const;

async function pressed(answer: (interaction: Interaction) => Promise<unknown>) {
  const sim = await start(NO_LIMITS);
  const bot = await login(sim);
  const failures: unknown[] = [];
  bot.on(Events.InteractionCreate, (interaction) => {
    answer(interaction).catch((error: unknown) => failures.push(error));
  });
  const channel = await bot.channels.fetch(sim.channel('general').id);
  if (!channel?.isSendable()) throw new Error('There is no channel.');
  const { id } = await channel.send({ content: 'May I?', components: [ROW] });
  const ann = sim.user('ann');
  const interaction = ann.presses(sim.message(id), 'Refuse');
  return { sim, ann, interaction, failures, id };
}

test('a press opens a form, which comes back with what was entered and the message that it was opened from', async () => {
  const sent: unknown[] = [];
  const { sim, ann, interaction, id } = await pressed(async (one) => {
    if (one.isButton()) await one.showModal(FORM);
    if (!one.isModalSubmit()) return;
    sent.push([one.customId, one.message?.id, one.fields.getTextInputValue('reason')]);
    await one.deferUpdate();
    await one.followUp('Thank you.');
  });
  await sim.until(() => interaction.form !== null);
  expect(interaction.state).toBe('acknowledged');
  expect(() => ann.submits(interaction, { reason: 'more than ten' })).toThrow('takes 10 characters');
  expect(() => sim.user('ben').submits(interaction)).toThrow('not ben');
  const submitted = ann.submits(interaction, { reason: 'Because.' });
  expect(() => ann.submits(interaction)).toThrow('no form');
  await sim.until(() => sim.view('general').includes('Thank you.'));
  expect(submitted.state).toBe('acknowledged');
  expect(sent).toEqual([['reason q1', id, 'Because.']]);
});

test('a form comes first or not at all, and none answers a form', async () => {
  const { sim, ann, interaction, failures } = await pressed(async (one) => {
    if (one.isButton()) await one.showModal(FORM);
    if (!one.isModalSubmit()) return;
    const { id, token } = one;
    const data = { custom_id: 'x', title: 'x', components: [] };
    const again = await raw(sim, 'POST', `/interactions/${id}/${token}/callback`, { type: 9, data });
    expect(again.body.code).toBe(50035);
    await one.deferUpdate();
  });
  await sim.until(() => interaction.form !== null);
  const { id, token } = interaction;
  const twice = await raw(sim, 'POST', `/interactions/${id}/${token}/callback`, { type: 9, data: {} });
  expect(twice.body.code).toBe(40060);
  const submitted = ann.submits(interaction);
  await sim.until(() => submitted.state === 'acknowledged');
  expect(failures).toEqual([]);
});

test.each([{ custom_id: 'x'.repeat(101) }, { title: 'x'.repeat(46) }, { components: [] }])(
  'a form that Discord does not take is refused: %o',
  async (wrong) => {
    const { sim, failures } = await pressed(async (one) => {
      if (one.isButton()) await one.showModal({ ...FORM, ...wrong });
    });
    await sim.until(() => failures.length === 1);
    expect(String(failures[0])).toContain('Invalid Form Body');
  },
);
