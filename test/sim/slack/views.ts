import { z } from 'zod';
import { parseBlocks } from './blocks.ts';
import type { Json } from './objects.ts';
import type { Timing } from './options.ts';
import { invalidArguments, SlackError } from './slack-error.ts';
import { APP_BOT, type Workspace } from './workspace.ts';

/** https://docs.slack.dev/reference/methods/views.open, `view_too_large` */
const VIEW_BYTES = 250 * 1024;
/** https://docs.slack.dev/reference/views/modal-views */
const BLOCKS = 100;
/** A plain text input takes no more: https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element */
const INPUT = 3_000;

const plain = (max: number) =>
  z.strictObject({
    type: z.literal('plain_text'),
    text: z.string().min(1).max(max),
    emoji: z.boolean().optional(),
  });

const input = z.strictObject({
  type: z.literal('input'),
  block_id: z.string().max(255).optional(),
  label: plain(2_000),
  hint: plain(2_000).optional(),
  optional: z.boolean().optional(),
  dispatch_action: z.boolean().optional(),
  element: z.strictObject({
    type: z.literal('plain_text_input'),
    action_id: z.string().max(255).optional(),
    initial_value: z.string().max(INPUT).optional(),
    multiline: z.boolean().optional(),
    min_length: z.int().min(0).max(INPUT).optional(),
    max_length: z.int().min(1).max(INPUT).optional(),
    placeholder: plain(150).optional(),
    focus_on_load: z.boolean().optional(),
  }),
});

type Input = z.infer<typeof input>;

const modal = z.strictObject({
  type: z.literal('modal'),
  title: plain(24),
  blocks: z.array(z.looseObject({ type: z.string() })).max(BLOCKS),
  close: plain(24).optional(),
  submit: plain(24).optional(),
  private_metadata: z.string().max(3_000).optional(),
  callback_id: z.string().max(255).optional(),
  clear_on_close: z.boolean().optional(),
  notify_on_close: z.boolean().optional(),
  external_id: z.string().max(255).optional(),
});

/** A form that somebody sees. */
export interface View {
  id: string;
  title: string;
  callbackId: string;
  privateMetadata: string;
  inputs: Input[];
  /** As payloads have it, without what was entered. */
  json: Json;
}

interface Trigger {
  user: string;
  expiresAt: number;
  isUsed: boolean;
}

/** The forms of a workspace's people: each trigger opens one, once, within three seconds. */
export class Views {
  readonly #workspace: Workspace;
  readonly #timing: Timing;
  readonly #triggers = new Map<string, Trigger>();
  /** By the ids of those who see them. */
  readonly #open = new Map<string, View>();

  constructor(workspace: Workspace, timing: Timing) {
    this.#workspace = workspace;
    this.#timing = timing;
  }

  /** A new trigger of what somebody has done: https://docs.slack.dev/interactivity/handling-user-interaction#trigger_id */
  trigger(user: string): string {
    const id = `${this.#workspace.nextId('')}.${APP_BOT.appId}`;
    this.#triggers.set(id, { user, expiresAt: Date.now() + this.#timing.triggerMs, isUsed: false });
    return id;
  }

  /** Throws `invalid_trigger_id`, `exchanged_trigger_id`, `expired_trigger_id`, `view_too_large`, `invalid_arguments`. */
  open(triggerId: string, value: unknown): View {
    const trigger = this.#triggers.get(triggerId);
    if (trigger === undefined) throw new SlackError('invalid_trigger_id');
    if (trigger.isUsed) throw new SlackError('exchanged_trigger_id');
    if (Date.now() >= trigger.expiresAt) throw new SlackError('expired_trigger_id');
    if (Buffer.byteLength(JSON.stringify(value) ?? '') > VIEW_BYTES) throw new SlackError('view_too_large');
    const view = this.#viewOf(value);
    trigger.isUsed = true;
    this.#open.set(trigger.user, view);
    return view;
  }

  /** What somebody sees; undefined when no form is open. */
  of(user: string): View | undefined {
    return this.#open.get(user);
  }

  close(user: string): void {
    this.#open.delete(user);
  }

  #viewOf(value: unknown): View {
    const { data, error } = modal.safeParse(value);
    if (!data)
      throw invalidArguments(
        ...error.issues.map(({ message, path }) => `${message} [json-pointer:/view/${path.join('/')}]`),
      );
    const inputs = data.blocks.filter(({ type }) => type === 'input').map((block) => inputOf(block));
    parseBlocks(data.blocks.filter(({ type }) => type !== 'input'));
    if (inputs.length > 0 && data.submit === undefined)
      throw invalidArguments('missing required field: submit [json-pointer:/view]');
    const id = this.#workspace.nextId('V');
    return {
      id,
      title: data.title.text,
      callbackId: data.callback_id ?? '',
      privateMetadata: data.private_metadata ?? '',
      inputs,
      json: {
        ...data,
        id,
        team_id: this.#workspace.team.id,
        callback_id: data.callback_id ?? '',
        private_metadata: data.private_metadata ?? '',
        hash: `${id}.hash`,
        root_view_id: id,
        previous_view_id: null,
        external_id: data.external_id ?? '',
        app_id: APP_BOT.appId,
        bot_id: APP_BOT.id,
      },
    };
  }
}

let generated = 0;

function inputOf(block: unknown): Input {
  const { data, error } = input.safeParse(block);
  if (!data) throw invalidArguments(...error.issues.map(({ message }) => message));
  generated += 1;
  const { block_id = `in${generated}`, element } = data;
  return { ...data, block_id, element: { ...element, action_id: element.action_id ?? `in${generated}` } };
}

/**
 * What a submission brings of what was entered, by the fields' action ids; what is empty is null. Throws an `Error` for what
 * a form would not take.
 */
export function valuesOf({ inputs }: View, entered: Readonly<Record<string, string>>): Json {
  const values: Record<string, Json> = {};
  for (const { block_id = '', optional = false, element } of inputs) {
    const { action_id = '', max_length = INPUT, min_length = 0, initial_value = '' } = element;
    const value = entered[action_id] ?? initial_value;
    if (value === '' && !optional) throw new Error(`The field ${action_id} must be filled in.`);
    if (value.length > max_length) throw new Error(`The field ${action_id} takes ${max_length} characters.`);
    if (value !== '' && value.length < min_length)
      throw new Error(`The field ${action_id} wants ${min_length} characters.`);
    values[block_id] = { [action_id]: { type: 'plain_text_input', value: value === '' ? null : value } };
  }
  return values;
}
