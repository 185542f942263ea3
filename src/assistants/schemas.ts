import { z } from 'zod';
import { shortened } from './api-error.ts';
import { filter } from './file-search/filter.ts';
import { chunkingStrategy } from './file-search/vector-stores/chunking-strategy.ts';
import { listOf } from './validation.ts';

/** The API's own bounds, in UTF-16 code units. */
const MAX_TEXT = 256_000;
const MAX_NAME = 256;
const MAX_DESCRIPTION = 512;
const MAX_METADATA_PAIRS = 16;
const MAX_METADATA_KEY = 64;
const MAX_METADATA_VALUE = 512;
const MAX_FUNCTION_NAME = 64;
const MAX_TOOLS = 128;
const MAX_FILES = 20;
const MAX_STORES = 1;
const MAX_HELPER_FILES = 10_000;
const MAX_ID = 64;
const MAX_RESULTS = 50;
/** What one search may look through at once: this server's own bound. */
const MAX_SEARCHED = 100;

/** What came of OpenAI's API for more with one request: https://github.com/openai-php/client/issues/269 */
const MAX_MESSAGES = 32;

/** More pieces than a message of text and pictures has: this server's own bound. */
const MAX_PARTS = 250;

/** A name of a function or of a JSON schema, as every provider takes it. */
const functionName = z
  .string()
  .min(1)
  .max(MAX_FUNCTION_NAME)
  .regex(/^[a-zA-Z0-9_-]+$/);
const jsonObject = z.record(z.string(), z.unknown());

/** An id that a client names: whatever else it may be is told apart before anything is looked up. */
export function idOf(prefix: 'asst' | 'thread' | 'msg' | 'run' | 'step' | 'file' | 'vs_' | 'vsfb_') {
  const wrong = (expected: string) => ({
    error: ({ input }: { input?: unknown }) =>
      `Invalid '{param}': '${shortened(String(input))}'. Expected an ID that ${expected}.`,
    params: { code: 'invalid_value' },
  });
  const characters =
    'contains letters, numbers, underscores, or dashes, but this value contained additional characters';
  return z
    .string()
    .refine((id) => id.startsWith(prefix), wrong(`begins with '${prefix}'`))
    .refine((id) => /^[\w-]*$/.test(id), wrong(characters))
    .max(MAX_ID);
}

const fileId = idOf('file');

/** Pairs that a client keeps with an object. */
function pairs<T extends z.ZodType>(value: T) {
  return z
    .record(z.string(), z.unknown())
    .refine((given) => Object.keys(given).length <= MAX_METADATA_PAIRS, {
      error: ({ input }) =>
        `Invalid '{param}': too many properties. Expected an object with at most ${MAX_METADATA_PAIRS} properties, but got an object with ${Object.keys(Object(input)).length} properties instead.`,
      params: { code: 'object_above_max_properties' },
    })
    .pipe(z.record(z.string().max(MAX_METADATA_KEY), value));
}

const shortText = z.string().max(MAX_METADATA_VALUE);

export const metadata = pairs(shortText);

/** What a file of a vector store carries for filters. */
export const attributes = pairs(z.union([shortText, z.number(), z.boolean()]));

/** What `instructions` and `additional_instructions` may be. */
export const instructions = z.string().max(MAX_TEXT);
export const model = z.string().min(1).max(MAX_NAME);
export const temperature = z.number().min(0).max(2);
export const topP = z.number().min(0).max(1);
export const reasoningEffort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

const functionTool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: functionName,
    description: z.string().max(MAX_TEXT).exactOptional(),
    parameters: jsonObject.exactOptional(),
    strict: z.boolean().nullable().exactOptional(),
  }),
});

const codeInterpreterTool = z.strictObject({ type: z.literal('code_interpreter') });

const fileSearchTool = z.strictObject({
  type: z.literal('file_search'),
  file_search: z
    .strictObject({
      max_num_results: z.int().min(1).max(MAX_RESULTS).exactOptional(),
      ranking_options: z
        .strictObject({
          ranker: z.enum(['auto', 'default_2024_08_21']).exactOptional(),
          score_threshold: z.number().min(0).max(1),
        })
        .exactOptional(),
      // This server's own, as the tool of OpenAI's Responses API has them: stores beside those of the assistant and the
      // thread, and which of their files are searched.
      vector_store_ids: listOf(idOf('vs_'), { max: MAX_SEARCHED }).exactOptional(),
      filters: filter.exactOptional(),
    })
    .exactOptional(),
});

/** The tools that this server has. One that it would not run is refused, so that nobody waits for it in vain. */
const tool = z.discriminatedUnion('type', [codeInterpreterTool, fileSearchTool, functionTool]);
export const tools = listOf(tool, { max: MAX_TOOLS });

const codeInterpreterResources = z
  .strictObject({ file_ids: listOf(fileId, { max: MAX_FILES }).exactOptional() })
  .exactOptional();

const vectorStoreIds = listOf(idOf('vs_'), { max: MAX_STORES }).exactOptional();

export const toolResources = z.strictObject({
  code_interpreter: codeInterpreterResources,
  file_search: z.strictObject({ vector_store_ids: vectorStoreIds }).exactOptional(),
});
export type ToolResources = z.infer<typeof toolResources>;

/** A vector store that comes to be with an assistant or a thread. */
const helperStore = z.strictObject({
  file_ids: listOf(fileId, { max: MAX_HELPER_FILES }).exactOptional(),
  chunking_strategy: chunkingStrategy.exactOptional(),
  metadata: metadata.nullable().exactOptional(),
});
export type HelperStore = z.infer<typeof helperStore>;

/** What may be asked for while an assistant or a thread is being made: one store, which there is or which is to be. */
export const newToolResources = z.strictObject({
  code_interpreter: codeInterpreterResources,
  file_search: z
    .strictObject({
      vector_store_ids: vectorStoreIds,
      vector_stores: listOf(helperStore, { max: MAX_STORES }).exactOptional(),
    })
    .refine(
      (given) => (given.vector_store_ids?.length ?? 0) + (given.vector_stores?.length ?? 0) <= MAX_STORES,
      { error: "Invalid '{param}': only one of 'vector_store_ids' and 'vector_stores' may be given." },
    )
    .exactOptional(),
});
export type NewToolResources = z.infer<typeof newToolResources>;

export const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [
    codeInterpreterTool,
    z.strictObject({ type: z.literal('file_search') }),
    z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: functionName }) }),
  ]),
]);

export const responseFormat = z.union([
  z.literal('auto'),
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text') }),
    z.strictObject({ type: z.literal('json_object') }),
    z.strictObject({
      type: z.literal('json_schema'),
      json_schema: z.strictObject({
        name: functionName,
        description: z.string().exactOptional(),
        schema: jsonObject.exactOptional(),
        strict: z.boolean().nullable().exactOptional(),
      }),
    }),
  ]),
]);

export const truncationStrategy = z.strictObject({
  type: z.enum(['auto', 'last_messages']),
  last_messages: z.int().min(1).nullable().exactOptional(),
});

const imageDetail = z.enum(['auto', 'low', 'high']).exactOptional();

const imageUrl = z.string().refine(isImageUrl, {
  error: "Invalid '{param}'. Expected a valid URL, but got a value with an invalid format.",
  params: { code: 'invalid_value' },
});

const contentPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1).max(MAX_TEXT) }),
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({
      url: imageUrl,
      detail: imageDetail,
    }),
  }),
  z.strictObject({
    type: z.literal('image_file'),
    image_file: z.strictObject({ file_id: fileId, detail: imageDetail }),
  }),
]);

const attachmentTool = z.discriminatedUnion('type', [
  codeInterpreterTool,
  z.strictObject({ type: z.literal('file_search') }),
]);
const attachment = z.strictObject({
  file_id: fileId,
  tools: listOf(attachmentTool, { max: MAX_TOOLS }).exactOptional(),
});

/** A message that a client adds: alone, with a new thread, or with a run. */
export const messageInput = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: z
    .union([z.string().max(MAX_TEXT), listOf(contentPart, { max: MAX_PARTS })])
    .refine((content) => content.length > 0, 'Message content must be non-empty.'),
  attachments: listOf(attachment, { max: MAX_FILES }).nullable().exactOptional(),
  metadata: metadata.nullable().exactOptional(),
});
export type MessageInput = z.infer<typeof messageInput>;
export const messages = listOf(messageInput, { max: MAX_MESSAGES });

export const threadInput = z.strictObject({
  messages: messages.exactOptional(),
  metadata: metadata.nullable().exactOptional(),
  tool_resources: newToolResources.nullable().exactOptional(),
});
export type ThreadInput = z.infer<typeof threadInput>;

export const threadUpdate = threadInput
  .omit({ messages: true })
  .extend({ tool_resources: toolResources.nullable().exactOptional() });
export const messageUpdate = z.strictObject({ metadata: metadata.nullable().exactOptional() });

export const assistantInput = z.strictObject({
  model,
  name: z.string().max(MAX_NAME).nullable().exactOptional(),
  description: z.string().max(MAX_DESCRIPTION).nullable().exactOptional(),
  instructions: instructions.nullable().exactOptional(),
  tools: tools.exactOptional(),
  tool_resources: newToolResources.nullable().exactOptional(),
  metadata: metadata.nullable().exactOptional(),
  temperature: temperature.nullable().exactOptional(),
  top_p: topP.nullable().exactOptional(),
  response_format: responseFormat.nullable().exactOptional(),
  reasoning_effort: reasoningEffort.nullable().exactOptional(),
});
export type AssistantInput = z.infer<typeof assistantInput>;

export const assistantUpdate = assistantInput
  .extend({ tool_resources: toolResources.nullable().exactOptional() })
  .partial();
export type AssistantUpdate = z.infer<typeof assistantUpdate>;

/** Whether a model may be shown what is there; whoever hosts the model fetches it. */
function isImageUrl(url: string): boolean {
  return url.startsWith('data:image/') || (/^https?:/i.test(url) && URL.canParse(url));
}
