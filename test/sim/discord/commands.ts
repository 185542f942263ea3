import { ApplicationCommandOptionType } from 'discord.js';
import type { NewFile } from './attachments.ts';
import { snowflake } from './ids.ts';
import { isJson, type Json } from './json.ts';
import type { Guild } from './model.ts';
import type { Command } from './validation/commands.ts';

export interface RegisteredCommand extends Command {
  id: string;
  version: string;
  guildId: string | null;
}

/** The application's commands: one set for everywhere, and one for each guild. */
export class Commands {
  readonly #sets = new Map<string | null, RegisteredCommand[]>();

  /** Replaces a whole set; a command that keeps its name and type keeps its id. */
  replace(guildId: string | null, commands: readonly Command[]): RegisteredCommand[] {
    const before = this.list(guildId);
    const set = commands.map((command) => ({
      ...command,
      id: before.find(({ name, type }) => name === command.name && type === command.type)?.id ?? snowflake(),
      version: snowflake(),
      guildId,
    }));
    this.#sets.set(guildId, set);
    return set;
  }

  list(guildId: string | null): RegisteredCommand[] {
    return this.#sets.get(guildId) ?? [];
  }

  /** The command that a person finds under this name; a guild's own comes first. */
  find(guild: Guild | null, name: string): RegisteredCommand | undefined {
    const own = guild ? this.list(guild.id) : [];
    return [...own, ...this.list(null).filter((command) => reaches(command, guild))].find(
      (command) => command.name === name,
    );
  }

  payload(command: RegisteredCommand, applicationId: string): Json {
    const { id, version, guildId, type, name, description, rest } = command;
    return {
      nsfw: false,
      default_member_permissions: null,
      ...(guildId === null && { integration_types: [0], contexts: null }),
      ...rest,
      id,
      application_id: applicationId,
      version,
      type,
      name,
      description,
      ...(guildId !== null && { guild_id: guildId }),
    };
  }
}

/** `contexts` and `dm_permission` keep a command out of direct messages. */
function reaches({ rest }: RegisteredCommand, guild: Guild | null): boolean {
  const context = guild ? 0 : 1;
  if (Array.isArray(rest.contexts)) return rest.contexts.includes(context);
  return guild !== null || rest.dm_permission !== false;
}

/** Subcommands, users, channels and roles need more than a value; the simulator has no hands for them. */
const FILLABLE: readonly unknown[] = [
  ApplicationCommandOptionType.String,
  ApplicationCommandOptionType.Integer,
  ApplicationCommandOptionType.Boolean,
  ApplicationCommandOptionType.Number,
  ApplicationCommandOptionType.Attachment,
];

/**
 * The options of a command as a person fills them in.
 * @param upload Takes a file and returns the id that stands for it.
 * @throws Error that says what is wrong with them.
 */
export function fillOptions(
  command: RegisteredCommand,
  given: Readonly<Record<string, OptionValue>>,
  upload: (file: NewFile) => string,
): Json[] {
  const known = command.options.filter(isJson);
  const unknown = Object.keys(given).find((name) => !known.some((option) => option.name === name));
  if (unknown !== undefined) throw new Error(`/${command.name} has no option "${unknown}".`);
  return known.flatMap((option) => {
    const value = given[String(option.name)];
    if (value === undefined) {
      if (option.required === true) throw new Error(`/${command.name} needs its option "${option.name}".`);
      return [];
    }
    if (!FILLABLE.includes(option.type)) throw new Error(`The simulator can't fill in "${option.name}".`);
    return [
      { name: option.name, type: option.type, value: typeof value === 'object' ? upload(value) : value },
    ];
  });
}

export type OptionValue = string | number | boolean | NewFile;
