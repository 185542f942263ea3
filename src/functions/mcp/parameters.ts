import type { JsonSchema } from '../team-function.ts';
import { mapSchema } from './schema.ts';
import { isMap } from './tool.ts';
import { bounded } from './words.ts';

/** A schema that is longer as JSON fills the model's context in every run, in UTF-16 code units. */
const LONGEST_SCHEMA = 24_000;

/** Deeper schemas are nobody's arguments. */
const DEEPEST = 24;

/** For each description within a schema, in UTF-16 code units. */
const LONGEST_DESCRIPTION = 600;

/** What providers refuse at the top of a function's parameters, with every run that has the function. */
const REFUSED_AT_TOP: ReadonlySet<string> = new Set([
  'anyOf',
  'oneOf',
  'allOf',
  'not',
  'enum',
  'const',
  'if',
  'then',
  'else',
  '$schema',
  '$id',
]);

/** What holds words for people. */
const WORDS: ReadonlySet<string> = new Set(['description', 'title', '$comment']);

/**
 * A tool's input schema as parameters that providers take, with the server's words in it bounded; undefined where the
 * schema is too large or too deep. The server checks the arguments by its own.
 */
export function parametersOf(inputSchema: Readonly<Record<string, unknown>>): JsonSchema | undefined {
  if (isTooDeep(inputSchema, 0)) return undefined;
  const top = Object.fromEntries(Object.entries(inputSchema).filter(([name]) => !REFUSED_AT_TOP.has(name)));
  const { properties } = top;
  const parameters = mapSchema(
    { ...top, type: 'object', properties: isMap(properties) ? properties : {} },
    forProviders,
  );
  return JSON.stringify(parameters).length > LONGEST_SCHEMA ? undefined : parameters;
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth > DEEPEST || Object.values(value).some((each) => isTooDeep(each, depth + 1));
}

/** With its words bounded. Providers refuse an array that does not say of what. */
function forProviders(schema: JsonSchema): JsonSchema {
  const words = Object.entries(schema).filter(
    (entry): entry is [string, string] => WORDS.has(entry[0]) && typeof entry[1] === 'string',
  );
  const isBareArray = schema.type === 'array' && !('items' in schema) && !('prefixItems' in schema);
  return {
    ...schema,
    ...Object.fromEntries(words.map(([name, text]) => [name, bounded(text, LONGEST_DESCRIPTION)])),
    ...(isBareArray && { items: {} }),
  };
}
