import {
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Interaction,
  MessageFlags,
} from 'discord.js';
import { NO_PREVIEWS } from '../api.ts';

/** Answers so that only the person who asked sees it. */
export async function whisper(
  interaction: ButtonInteraction | ChatInputCommandInteraction,
  content: string,
): Promise<void> {
  await interaction.reply(whispered(content));
}

export function whispered(content: string) {
  return { content, flags: MessageFlags.Ephemeral | NO_PREVIEWS } as const;
}

/** What somebody is called where they are. */
export function nameOf({ user, member }: Pick<Interaction, 'user' | 'member'>): string {
  return member && 'displayName' in member ? member.displayName : user.displayName;
}
