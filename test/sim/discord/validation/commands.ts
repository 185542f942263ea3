import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { isJson, type Json } from '../json.ts';
import { Form } from './form.ts';

/** https://discord.com/developers/docs/interactions/application-commands#application-command-object */
const COMMANDS = 100;
const OPTIONS = 25;
const NAME = 32;
const DESCRIPTION = 100;
const CHOICES = 25;
/** Of a text that people fill in. */
const TEXT = 6000;
/** Servers, direct messages with the app, other private channels. */
const CONTEXTS = [0, 1, 2];
/** For servers, for people. */
const INTEGRATION_TYPES = [0, 1];
const NAME_PATTERN = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const NESTED: readonly unknown[] = [
  ApplicationCommandOptionType.Subcommand,
  ApplicationCommandOptionType.SubcommandGroup,
];

type Path = readonly (string | number)[];

export interface Command {
  type: number;
  name: string;
  description: string;
  options: Json[];
  rest: Json;
}

/** Checks a whole set of commands; the list itself stands at the root of the body. */
export function readCommands(value: unknown): Command[] {
  const form = new Form();
  const names = new Set<string>();
  const commands = form.objects([], value, { max: COMMANDS }).map(({ path, value: json }) => {
    const command = readCommand(form, path, json);
    const key = `${command.type} ${command.name}`;
    if (names.has(key)) {
      form.fault(
        [...path, 'name'],
        'APPLICATION_COMMANDS_DUPLICATE_NAME',
        'Application command names must be unique',
      );
    }
    names.add(key);
    return command;
  });
  form.check();
  return commands;
}

function readCommand(form: Form, path: Path, json: Json): Command {
  const type = form.choice([...path, 'type'], json.type ?? 1, [1, 2, 3]) ?? 1;
  const chatInput = type === ApplicationCommandType.ChatInput;
  const name = form.text([...path, 'name'], json.name, { min: 1, max: NAME, required: true }) ?? '';
  if (chatInput) checkName(form, [...path, 'name'], name);
  const bounds = chatInput ? { min: 1, max: DESCRIPTION, required: true } : { max: 0 };
  const description = form.text([...path, 'description'], json.description, bounds) ?? '';
  checkOptions(form, [...path, 'options'], json.options);
  checkChoices(form, [...path, 'contexts'], json.contexts, CONTEXTS);
  checkChoices(form, [...path, 'integration_types'], json.integration_types, INTEGRATION_TYPES);
  const options = Array.isArray(json.options) ? json.options.filter(isJson) : [];
  return { type, name, description, options, rest: json };
}

function checkName(form: Form, path: Path, name: string): void {
  if (name !== '' && (!NAME_PATTERN.test(name) || name !== name.toLowerCase())) {
    form.fault(path, 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid');
  }
}

function checkChoices(form: Form, path: Path, value: unknown, choices: readonly number[]): void {
  for (const [index, item] of (form.list(path, value, { max: choices.length }) ?? []).entries())
    form.choice([...path, index], item, choices);
}

function checkOptions(form: Form, path: Path, value: unknown): void {
  const names = new Set<unknown>();
  let optionalSeen = false;
  for (const { path: place, value: option } of form.objects(path, value, { max: OPTIONS })) {
    const type = form.choice([...place, 'type'], option.type ?? 'none', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const name = form.text([...place, 'name'], option.name, { min: 1, max: NAME, required: true });
    checkName(form, [...place, 'name'], name ?? '');
    form.text([...place, 'description'], option.description, { min: 1, max: DESCRIPTION, required: true });
    form.integer([...place, 'min_length'], option.min_length, { min: 0, max: TEXT });
    form.integer([...place, 'max_length'], option.max_length, { min: 1, max: TEXT });
    form.list([...place, 'choices'], option.choices, { max: CHOICES });
    if (names.has(name)) {
      form.fault(place, 'APPLICATION_COMMAND_OPTIONS_NAME_INVALID', 'Option names must be unique');
    }
    names.add(name);
    if (NESTED.includes(type)) checkOptions(form, [...place, 'options'], option.options);
    else if (option.required === true && optionalSeen) {
      const message = 'Required options must be placed before non-required options';
      form.fault(place, 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID', message);
    }
    optionalSeen ||= option.required !== true;
  }
}
