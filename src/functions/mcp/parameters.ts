import type { JsonSchema } from '../team-function.ts';
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
  const parameters = {
    ...schema(top),
    type: 'object',
    properties: isMap(properties) ? schemas(properties) : {},
  };
  return JSON.stringify(parameters).length > LONGEST_SCHEMA ? undefined : parameters;
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth > DEEPEST || Object.values(value).some((each) => isTooDeep(each, depth + 1));
}

/** A map of names that the server chose to schemas: a property may be named `description`. */
function schemas(map: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(map).map(([name, each]) => [name, isMap(each) ? schema(each) : each]),
  );
}

const MAPS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);

/** What is data, and no schema. */
const DATA: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'examples', 'required']);

function schema(written: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(written).map(([name, value]): [string, unknown] => {
    if (WORDS.has(name) && typeof value === 'string') return [name, bounded(value, LONGEST_DESCRIPTION)];
    if (DATA.has(name)) return [name, value];
    if (isMap(value)) return [name, MAPS.has(name) ? schemas(value) : schema(value)];
    if (Array.isArray(value)) return [name, value.map((each) => (isMap(each) ? schema(each) : each))];
    return [name, value];
  });
  // Providers refuse an array that does not say of what.
  const isBareArray = written.type === 'array' && !('items' in written) && !('prefixItems' in written);
  return Object.fromEntries(isBareArray ? [...entries, ['items', {}]] : entries);
}
