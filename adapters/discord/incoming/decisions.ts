import { setTimeout as delay } from 'node:timers/promises';
import {
  type APIModalInteractionResponseCallbackData,
  type ButtonInteraction,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import type { Bot, Word } from '../../../src/platform.ts';
import { approvalOf, customIdOf, type Press, pressOf } from '../buttons.ts';
import { pressHere } from './here.ts';
import { nameOf, whisper, whispered } from './whisper.ts';

/** Of the three seconds in which Discord wants an answer, so many ms may go by until it is known whose word counts. */
const KNOWN_WITHIN_MS = 1_500;

/** As much as people read of a reason, and Discord takes 4,000: https://discord.com/developers/docs/components/reference#text-input */
const LONGEST_REASON = 500;

/** Tells who presses what belongs to no conversation of the channel. */
export const UNKNOWN_BUTTON = 'This button does nothing any more.';

const FIELD = 'reason';

/** Somebody says yes to a call. The answer to Discord comes first: of several processes that hear it, one goes on. */
export async function approve(interaction: ButtonInteraction, press: Press, bot: Bot): Promise<void> {
  await interaction.deferUpdate();
  await decide(interaction, press, bot, { isApproved: true });
}

/** Somebody says no to a call, and is asked why, if their word counts; whether it does is looked at again later. */
export async function askWhy(interaction: ButtonInteraction, press: Press, bot: Bot): Promise<void> {
  const late = delay(KNOWN_WITHIN_MS, undefined, { ref: false });
  const looked = pressHere(interaction, press).then((here) =>
    here ? bot.objection(wordOf(interaction, here)) : UNKNOWN_BUTTON,
  );
  const objection = await Promise.race([looked, late]);
  if (objection !== undefined) await whisper(interaction, objection);
  else await interaction.showModal(formOf(press));
}

/** The form has come back. */
export async function refuseWithReason(interaction: ModalSubmitInteraction, bot: Bot): Promise<void> {
  const press = pressOf(interaction.customId);
  if (press?.action !== 'reason') return;
  await interaction.deferUpdate();
  const reason = interaction.fields.getTextInputValue(FIELD);
  await decide(interaction, press, bot, { isApproved: false, reason });
}

async function decide(
  interaction: ButtonInteraction | ModalSubmitInteraction,
  press: Press,
  bot: Bot,
  said: Pick<Word, 'isApproved' | 'reason'>,
): Promise<void> {
  const here = await pressHere(interaction, press);
  const objection = here ? await bot.decide({ ...wordOf(interaction, here), ...said }) : UNKNOWN_BUTTON;
  if (objection !== undefined) await interaction.followUp(whispered(objection));
}

function wordOf(
  interaction: ButtonInteraction | ModalSubmitInteraction,
  press: Press,
): Omit<Word, 'isApproved'> {
  const person = { id: interaction.user.id, name: nameOf(interaction) };
  return { conversation: press.conversation, approval: approvalOf(press), person };
}

/** https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal */
function formOf(press: Press): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customIdOf({ ...press, action: 'reason' }),
    title: 'Refuse',
    components: [
      {
        type: ComponentType.Label,
        label: 'Why? The assistant reads this.',
        component: {
          type: ComponentType.TextInput,
          custom_id: FIELD,
          style: TextInputStyle.Paragraph,
          max_length: LONGEST_REASON,
          required: false,
        },
      },
    ],
  };
}
