import { z } from 'zod';
import { AUDIENCE, ENTRY_FIELDS, knowledge, staleAfter } from './knowledge-fields.ts';
import { mcp } from './mcp-fields.ts';
import { nearest } from './nearest.ts';

/** The tools that an assistant can have, as they are written in `assistant.md`. */
const TOOLS = ['code_interpreter', 'file_search'] as const;

const tool = z
  .union([z.enum(TOOLS), z.strictObject({ type: z.enum(TOOLS) })])
  .transform((written) => (typeof written === 'string' ? { type: written } : written));

const name = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/);

const responseFormat = z.union([
  z.literal('auto'),
  z.strictObject({ type: z.enum(['text', 'json_object']) }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name,
      description: z.string().exactOptional(),
      schema: z.record(z.string(), z.unknown()).exactOptional(),
      strict: z.boolean().exactOptional(),
    }),
  }),
]);

const MAX_PAIRS = 16;
const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= MAX_PAIRS);

/** Slack shows no more: https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts */
const MAX_PROMPTS = 4;

/** The API's own bounds: https://platform.openai.com/docs/api-reference/assistants/createAssistant */
const FIELDS = {
  name: z.string().trim().min(1).max(256),
  description: z.string().max(512).exactOptional(),
  model: z.string().trim().min(1).max(256),
  tools: z.array(tool).max(128).default([]),
  temperature: z.number().min(0).max(2).exactOptional(),
  top_p: z.number().min(0).max(1).exactOptional(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).exactOptional(),
  response_format: responseFormat.exactOptional(),
  max_completion_tokens: z.int().min(1).exactOptional(),
  max_prompt_tokens: z.int().min(256).exactOptional(),
  metadata: metadata.exactOptional(),
  greeting: z.string().exactOptional(),
  prompts: z
    .array(z.strictObject({ title: z.string().min(1), message: z.string().min(1) }))
    .max(MAX_PROMPTS)
    .default([]),
  knowledge: knowledge.exactOptional(),
  contact: z.string().trim().min(1).max(256).exactOptional(),
  stale_after: staleAfter.exactOptional(),
  mcp: mcp.exactOptional(),
};

/** What each field must be, to go on after "must be". */
const EXPECTED: Record<keyof typeof FIELDS, string> = {
  name: 'a text of 1 to 256 characters',
  description: 'a text of at most 512 characters',
  model: 'the name of a model that your provider offers',
  tools: `a list of tools; the known ones are: ${TOOLS.join(', ')}`,
  temperature: 'a number from 0 to 2',
  top_p: 'a number from 0 to 1',
  reasoning_effort: 'one of none, minimal, low, medium, high, xhigh and max',
  response_format: 'auto, or a map with the type text, json_object or json_schema',
  max_completion_tokens: 'a whole number from 1',
  max_prompt_tokens: 'a whole number from 256',
  metadata: 'at most 16 texts of up to 512 characters, under names of up to 64; put numbers in quotes',
  greeting: 'a text',
  prompts: `a list of at most ${MAX_PROMPTS} suggested prompts, each with a title and a message`,
  knowledge:
    'a list of files, folders and globs, each a text, or a map with a path and, if you like, an audience and an owner',
  contact: 'a text of 1 to 256 characters: who is named when no answer is found',
  stale_after: 'a number of days from 1, or a time such as 6 months',
  mcp: 'a map of servers by their names',
};

const schema = z.strictObject(FIELDS);
export type AssistantFields = z.infer<typeof schema>;

/** A mistake in the field at `path`, as a sentence. */
export interface FieldMistake {
  path: PropertyKey[];
  message: string;
}

/** Checks the front matter of `assistant.md`; `model` is used instead of the one that stands in it. */
export function checkFields(
  written: Record<string, unknown>,
  model: string | undefined,
): { fields: AssistantFields; mistakes?: never } | { mistakes: FieldMistake[] } {
  const fields = model === undefined ? written : { ...written, model };
  const { data, error } = schema.safeParse(fields);
  return data ? { fields: data } : { mistakes: error.issues.flatMap((issue) => toMistakes(issue, fields)) };
}

function toMistakes(issue: z.core.$ZodIssue, written: Record<string, unknown>): FieldMistake[] {
  const [field] = issue.path;
  if (field === undefined && issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [key], message: unknownField(key) }));
  }
  if (field === 'knowledge' && issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownEntryField(key) }));
  if (field === 'knowledge' && issue.path[2] === 'audience')
    return [{ path: issue.path.slice(0, 3), message: `audience must be ${AUDIENCE}.` }];
  if (field === 'mcp') return [{ path: issue.path, message: issue.message }];
  const expected = isField(field) ? EXPECTED[field] : 'as documented';
  const missing = isField(field) && !(field in written);
  const message = missing ? `is missing: it must be ${expected}.` : `must be ${expected}.`;
  return [{ path: issue.path, message: `${String(field)} ${message}` }];
}

function isField(name: PropertyKey | undefined): name is keyof typeof FIELDS {
  return name !== undefined && Object.hasOwn(FIELDS, name);
}

function unknownField(name: string): string {
  return unknown(name, Object.keys(FIELDS), 'a field', 'The fields are');
}

function unknownEntryField(name: string): string {
  return unknown(name, ENTRY_FIELDS, 'a field of what knowledge names', 'These are');
}

function unknown(name: string, names: readonly string[], what: string, theyAre: string): string {
  const meant = nearest(name, names);
  return `${name} is not ${what}. ${meant ? `Did you mean ${meant}?` : `${theyAre}: ${names.join(', ')}.`}`;
}
