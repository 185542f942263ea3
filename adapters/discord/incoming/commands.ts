import {
  type ApplicationCommandData,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  type Client,
  InteractionContextType,
} from 'discord.js';

export const ASK = 'ask';
/** Its options. */
export const QUESTION = 'question';
export const FILE = 'file';
/** Leaves room to quote the question in one message. */
const QUESTION_LENGTH = 1_800;

const EVERYWHERE = {
  type: ApplicationCommandType.ChatInput as const,
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
  integrationTypes: [ApplicationIntegrationType.GuildInstall],
};

const COMMANDS: readonly ApplicationCommandData[] = [
  {
    ...EVERYWHERE,
    name: ASK,
    description: 'Ask a question',
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: QUESTION,
        description: 'What you want to know',
        required: true,
        maxLength: QUESTION_LENGTH,
      },
      {
        type: ApplicationCommandOptionType.Attachment,
        name: FILE,
        description: 'A file that it is about',
      },
    ],
  },
  { ...EVERYWHERE, name: 'new', description: 'Start anew: forget what was said in this conversation' },
  { ...EVERYWHERE, name: 'stop', description: 'Stop the answer that is being written here' },
  { ...EVERYWHERE, name: 'help', description: 'What can be asked here, and how' },
];

/** Tells Discord the slash commands, if it does not know them like this already. */
export async function register({ application }: Client<true>): Promise<void> {
  const known = await application.commands.fetch();
  const isKnown = (command: ApplicationCommandData) => known.some((other) => other.equals(command));
  if (known.size !== COMMANDS.length || !COMMANDS.every(isKnown)) await application.commands.set(COMMANDS);
}
