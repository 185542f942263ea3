import { isMap } from './tool.ts';

type Schema = Readonly<Record<string, unknown>>;

/** What holds a schema for each of some names, which the server chose: a property may be named `description`. */
const MAPS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);

/** What is data, and no schema. */
const DATA: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'examples', 'required']);

/** A JSON schema, of which `change` makes something else of it and of each schema within, the outermost first. */
export function mapSchema(schema: Schema, change: (schema: Schema) => Schema): Record<string, unknown> {
  const within = (value: unknown) => (isMap(value) ? mapSchema(value, change) : value);
  const entries = Object.entries(change(schema)).map(([name, value]): [string, unknown] => {
    if (DATA.has(name)) return [name, value];
    if (Array.isArray(value)) return [name, value.map(within)];
    if (!isMap(value) || !MAPS.has(name)) return [name, within(value)];
    return [name, Object.fromEntries(Object.entries(value).map(([key, each]) => [key, within(each)]))];
  });
  return Object.fromEntries(entries);
}
