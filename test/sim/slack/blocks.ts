import { z } from 'zod';
import type { Block, Json } from './objects.ts';
import { renderedBlocks } from './rendered-blocks.ts';
import { explained, SlackError } from './slack-error.ts';

/** https://docs.slack.dev/reference/block-kit/blocks, counted as `renderedBlocks` does */
export const MAX_BLOCKS = 50;

/** Characters of a markdown block; more is `msg_too_long`, as measured for Metabase (see `renderedBlocks`). */
const MARKDOWN = 12_000;

/** Characters in all cells of a message's tables: https://docs.slack.dev/reference/block-kit/blocks/table-block */
const CELLS = 10_000;

/**
 * All text of a message's blocks. Slack counts "12,000 text characters with a buffer for block containers"
 * (https://github.com/slackapi/bolt-js/issues/2509; others saw 11,341 to 13,297); the markdown block's page
 * names 12,000 over all of them. Without the buffer, then.
 */
const ALL_TEXT = 12_000;

const text = (max: number) => z.string().min(1).max(max);
const plainText = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: text(max), emoji: z.boolean().optional() });
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: text(max), verbatim: z.boolean().optional() });
const textObject = (max: number) => z.union([plainText(max), mrkdwn(max)]);

const actionId = z.string().max(255).optional();
const confirm = z.strictObject({
  title: plainText(100),
  text: textObject(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: z.enum(['primary', 'danger']).optional(),
});

const button = z.strictObject({
  type: z.literal('button'),
  text: plainText(75),
  action_id: actionId,
  url: z.string().max(3_000).optional(),
  value: z.string().max(2_000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirm.optional(),
  accessibility_label: z.string().max(75).optional(),
});

const feedbackButton = z.strictObject({
  text: plainText(75),
  value: z.string().max(2_000),
  accessibility_label: z.string().max(75).optional(),
});

const feedbackButtons = z.strictObject({
  type: z.literal('feedback_buttons'),
  action_id: actionId,
  positive_button: feedbackButton,
  negative_button: feedbackButton,
});

const iconButton = z.strictObject({
  type: z.literal('icon_button'),
  icon: z.enum(['trash']),
  text: plainText(75),
  action_id: actionId,
  value: z.string().max(2_000).optional(),
  confirm: confirm.optional(),
  accessibility_label: z.string().max(75).optional(),
  visible_to_user_ids: z.array(z.string()).optional(),
});

const option = z.strictObject({
  text: textObject(75),
  value: z.string().max(150),
  description: textObject(75).optional(),
  url: z.string().max(3_000).optional(),
});
const options = z.array(option).min(1);
const overflow = z.strictObject({
  type: z.literal('overflow'),
  action_id: actionId,
  options: options.max(5),
  confirm: confirm.optional(),
});
const staticSelect = z.strictObject({
  type: z.literal('static_select'),
  action_id: actionId,
  placeholder: plainText(150).optional(),
  options: options.max(100),
  initial_option: option.optional(),
  confirm: confirm.optional(),
});

const imageSource = { image_url: z.string().max(3_000).optional(), slack_file: z.looseObject({}).optional() };
const imageElement = z.strictObject({ type: z.literal('image'), alt_text: text(2_000), ...imageSource });

const style = z.record(z.string(), z.boolean()).optional();
const richTextInline = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string(), style }),
  z.strictObject({
    type: z.literal('link'),
    url: z.string(),
    text: z.string().optional(),
    unsafe: z.boolean().optional(),
    style,
  }),
  z.strictObject({ type: z.literal('emoji'), name: z.string(), unicode: z.string().optional(), style }),
  z.strictObject({ type: z.literal('user'), user_id: z.string(), style }),
  z.strictObject({ type: z.literal('usergroup'), usergroup_id: z.string(), style }),
  z.strictObject({ type: z.literal('channel'), channel_id: z.string(), style }),
  z.strictObject({ type: z.literal('broadcast'), range: z.enum(['here', 'channel', 'everyone']), style }),
]);
const richTextSection = z.strictObject({
  type: z.literal('rich_text_section'),
  elements: z.array(richTextInline),
});
const border = z.number().optional();
const richTextElement = z.discriminatedUnion('type', [
  richTextSection,
  z.strictObject({
    type: z.literal('rich_text_preformatted'),
    elements: z.array(richTextInline),
    border,
    language: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('rich_text_quote'), elements: z.array(richTextInline), border }),
  z.strictObject({
    type: z.literal('rich_text_list'),
    elements: z.array(richTextSection),
    style: z.enum(['bullet', 'ordered']),
    indent: z.number().optional(),
    offset: z.number().optional(),
    border,
  }),
]);

const blockId = z.string().max(255).optional();
const block = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.strictObject({ type: z.literal(type), block_id: blockId, ...shape });

const richText = block('rich_text', { elements: z.array(richTextElement) });
const cell = z.discriminatedUnion('type', [
  richText,
  z.strictObject({ type: z.literal('raw_text'), text: z.string() }),
  z.strictObject({ type: z.literal('raw_number'), value: z.number(), text: z.string().optional() }),
]);
const taskCard = block('task_card', {
  task_id: text(255),
  title: text(256),
  status: z.enum(['pending', 'in_progress', 'complete', 'error']),
  details: richText.optional(),
  output: richText.optional(),
  sources: z.array(z.looseObject({ type: z.literal('url') })).optional(),
});

const anyBlock = z.discriminatedUnion('type', [
  block('markdown', { text: z.string().min(1) }),
  block('section', {
    text: textObject(3_000).optional(),
    fields: z.array(textObject(2_000)).min(1).max(10).optional(),
    accessory: z.discriminatedUnion('type', [button, imageElement, overflow, staticSelect]).optional(),
    expand: z.boolean().optional(),
  }).refine(
    (section) => section.text !== undefined || section.fields !== undefined,
    'missing required field: text',
  ),
  block('header', { text: plainText(150) }),
  block('divider', {}),
  block('image', { alt_text: text(2_000), title: plainText(2_000).optional(), ...imageSource }),
  block('context', {
    elements: z
      .array(z.union([textObject(3_000), imageElement]))
      .min(1)
      .max(10),
  }),
  block('context_actions', {
    elements: z
      .array(z.discriminatedUnion('type', [feedbackButtons, iconButton]))
      .min(1)
      .max(5),
  }),
  block('actions', {
    elements: z
      .array(z.discriminatedUnion('type', [button, overflow, staticSelect]))
      .min(1)
      .max(25),
  }),
  block('alert', {
    text: textObject(3_000),
    level: z.enum(['default', 'info', 'warning', 'error', 'success']).optional(),
  }),
  block('table', {
    rows: z.array(z.array(cell).min(1).max(20)).min(1).max(100),
    column_settings: z.array(z.looseObject({}).nullable()).max(20).optional(),
  }),
  richText,
  taskCard,
  block('plan', {
    title: text(256),
    tasks: z
      .array(taskCard.omit({ type: true }).loose())
      .max(50)
      .optional(),
  }),
]);

/**
 * What an app sent as `blocks`, checked as Slack checks it: types, required and unknown fields, limits, unique
 * ids. Block types that this simulator does not know are refused. Throws `invalid_blocks_format`,
 * `invalid_blocks` with a JSON pointer for each fault, `msg_too_long` and `msg_blocks_too_long`.
 */
export function parseBlocks(value: unknown): Block[] {
  if (!Array.isArray(value)) throw new SlackError('invalid_blocks_format');
  const result = z.array(anyBlock).safeParse(value);
  if (!result.success) throw explained('invalid_blocks', result.error.issues.map(fault));
  refuseTooMuch(result.data);
  refuseRepeatedIds(result.data);
  return result.data.map(withIds);
}

function refuseTooMuch(blocks: Block[]): void {
  if (renderedBlocks(blocks) > MAX_BLOCKS)
    throw explained('invalid_blocks', ['no more than 50 items allowed [json-pointer:/blocks]']);
  const tables = blocks.filter(({ type }) => type === 'table');
  if (textLength(tables) > CELLS)
    throw explained('invalid_blocks', ['table cells hold more than 10000 characters']);
  if (blocks.some(({ type, text: value }) => type === 'markdown' && String(value).length > MARKDOWN))
    throw new SlackError('msg_too_long');
  if (textLength(blocks) > ALL_TEXT) throw new SlackError('msg_blocks_too_long');
}

function refuseRepeatedIds(blocks: Block[]): void {
  const faults = [
    ...repeated(blocks.map((each) => each.block_id)).map((id) => `duplicate block_id: ${id}`),
    ...blocks
      .flatMap((each) => repeated(elements(each).map((element) => element.action_id)))
      .map((id) => `duplicate action_id: ${id}`),
  ];
  if (faults.length > 0) throw explained('invalid_blocks', faults);
}

function repeated(ids: unknown[]): string[] {
  const given = ids.filter((id) => typeof id === 'string');
  return given.filter((id, index) => given.indexOf(id) !== index);
}

function fault(issue: { message: string; path: PropertyKey[] }): string {
  return `${issue.message} [json-pointer:/blocks/${issue.path.join('/')}]`;
}

let generatedIds = 0;

/** Slack gives an id to every block and element that came without one. */
function withIds(each: Block): Block {
  const generated = () => {
    generatedIds += 1;
    return `sim${generatedIds.toString(36)}`;
  };
  const named =
    elements(each).length === 0
      ? each
      : { ...each, elements: elements(each).map((element) => actionable(element, generated)) };
  return { ...named, block_id: each.block_id ?? generated() };
}

function actionable(element: Json, generated: () => string): Json {
  const acts = ['button', 'feedback_buttons', 'icon_button', 'overflow', 'static_select'].includes(
    String(element.type),
  );
  return acts ? { ...element, action_id: element.action_id ?? generated() } : element;
}

function elements(each: Json): Json[] {
  return Array.isArray(each.elements) ? each.elements : [];
}

/** What a person can press in these blocks: accessories and elements, each with the block that holds it. */
export function interactiveElements(blocks: Block[]): { block: Block; element: Json }[] {
  return blocks.flatMap((each) => {
    const own = each.type === 'actions' || each.type === 'context_actions' ? elements(each) : [];
    const accessory = each.accessory === undefined ? [] : [Object(each.accessory)];
    return [...own, ...accessory].map((element: Json) => ({ block: each, element }));
  });
}

/** The characters of every `text` anywhere in the blocks. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + textLength(each), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, each]) =>
      sum +
      (typeof each === 'string' ? (key === 'text' || key === 'title' ? each.length : 0) : textLength(each)),
    0,
  );
}
