import type { JsonSchema } from '../../team-function.ts';
import { placeOf } from './json-schema.ts';

/** A schema for the model; not strict where `reasons` say what in it a model can't be held to. */
export interface ModelSchema {
  readonly parameters: JsonSchema;
  readonly strict: boolean;
  readonly reasons: readonly string[];
}

type Node = Readonly<Record<string, unknown>>;

/** https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas */
const MOST_LEVELS = 10;
const MOST_PROPERTIES = 5_000;
const MOST_VALUES = 1_000;

/** What a strict schema may say of one value; all else is checked here, after the model has called. */
const KEPT: ReadonlySet<string> = new Set([
  'type',
  'description',
  'enum',
  'const',
  'pattern',
  'format',
  'multipleOf',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  '$ref',
]);

const FORMATS: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
]);

/** What no strict schema has, and what that is in words. */
const LOOSE: Readonly<Record<string, string>> = {
  allOf: 'joins several schemas',
  prefixItems: 'is a tuple',
  patternProperties: 'has fields of any name',
  not: 'takes no value',
};

/**
 * The schema as a model can be held to: nothing but what is named, optional fields nullable and all of them required, no
 * defaults. One that can't be so is given as it is, and not strict: the arguments are checked here in any case.
 */
export function strictly(schema: JsonSchema): ModelSchema {
  const walk = new Walk();
  const strict = walk.node(schema, [], 0);
  const reasons = walk.reasons;
  return reasons.length === 0
    ? { parameters: strict, strict: true, reasons }
    : { parameters: schema, strict: false, reasons };
}

class Walk {
  readonly reasons: string[] = [];
  #properties = 0;

  node(written: unknown, path: readonly (string | number)[], level: number): Node {
    const node = isNode(written) ? written : {};
    const kept = Object.fromEntries(Object.entries(node).filter(([key]) => KEPT.has(key)));
    this.#refuse(node, path, level);
    const choices = node.anyOf ?? node.oneOf;
    return {
      ...withoutPattern(kept),
      ...typeOfValues(node),
      ...described(node),
      ...(Array.isArray(choices) && {
        anyOf: choices.map((choice, at) => this.node(choice, [...path, 'anyOf', at], level)),
      }),
      ...(isNode(node.items) && { items: this.node(node.items, [...path, 'items'], level + 1) }),
      ...(node.type === 'object' && this.#object(node, path, level)),
      ...(isNode(node.$defs) && {
        $defs: Object.fromEntries(
          Object.entries(node.$defs).map(([name, def]) => [name, this.node(def, path, level)]),
        ),
      }),
    };
  }

  #object(node: Node, path: readonly (string | number)[], level: number): Node {
    const properties = Object.entries(isNode(node.properties) ? node.properties : {});
    const required = new Set(Array.isArray(node.required) ? node.required : []);
    this.#properties += properties.length;
    if (this.#properties > MOST_PROPERTIES) this.#loosen('the parameters have too many fields');
    return {
      properties: Object.fromEntries(
        properties.map(([name, property]) => {
          const strict = this.node(property, [...path, 'properties', name], level + 1);
          return [name, required.has(name) ? strict : nullable(strict)];
        }),
      ),
      required: properties.map(([name]) => name),
      additionalProperties: false,
    };
  }

  #refuse(node: Node, path: readonly (string | number)[], level: number): void {
    const place = placeOf(path);
    for (const [key, words] of Object.entries(LOOSE)) if (key in node) this.#loosen(`${place} ${words}`);
    if (isOpen(node)) this.#loosen(`${place} has fields of any name`);
    if (!['type', 'anyOf', 'oneOf', 'enum', 'const', '$ref', 'not', 'allOf'].some((key) => key in node))
      this.#loosen(`${place} may be anything`);
    if (Array.isArray(node.enum) && node.enum.length > MOST_VALUES)
      this.#loosen(`${place} has too many values`);
    if (level > MOST_LEVELS) this.#loosen(`${place} lies too deep`);
  }

  #loosen(reason: string): void {
    if (!this.reasons.includes(reason)) this.reasons.push(reason);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether an object takes fields that it does not name. */
function isOpen({ additionalProperties }: Node): boolean {
  return additionalProperties === true || isNode(additionalProperties);
}

/** Models are not held to lookarounds, and a format says it already. */
function withoutPattern(node: Node): Node {
  const { pattern, format, ...others } = node;
  if (FORMATS.has(format)) return { ...others, format };
  return typeof pattern === 'string' && !/\(\?<?[=!]/.test(pattern) ? { ...others, pattern } : others;
}

/** A list of values has to say of which types they are. */
function typeOfValues({ type, enum: values }: Node): Node {
  if (type !== undefined || !Array.isArray(values)) return {};
  const types = [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))];
  return { type: types.length === 1 ? types[0] : types };
}

/** What a strict schema can't say, in words. */
function described(node: Node): Node {
  const { description, minLength, maxLength, default: usual } = node;
  const notes = [
    typeof description === 'string' ? description : '',
    minLength === undefined ? '' : `At least ${minLength} characters.`,
    maxLength === undefined ? '' : `At most ${maxLength} characters.`,
    usual === undefined ? '' : `Null means ${JSON.stringify(usual)}.`,
  ].filter((note) => note !== '');
  return notes.length === 0 ? {} : { description: notes.join(' ') };
}

/** What may be left out is null where everything has to be said. */
function nullable(node: Node): Node {
  if (takesNull(node)) return node;
  const { description, ...value } = node;
  const told = description === undefined ? {} : { description };
  if (typeof value.type === 'string' && value.const === undefined && value.type !== 'object')
    return {
      ...node,
      type: [value.type, 'null'],
      ...(Array.isArray(value.enum) && { enum: [...value.enum, null] }),
    };
  if (Array.isArray(value.anyOf)) return { ...node, anyOf: [...value.anyOf, { type: 'null' }] };
  return { ...told, anyOf: [value, { type: 'null' }] };
}

/** Whether null is a value that a schema takes by itself. */
export function takesNull(node: unknown): boolean {
  if (!isNode(node)) return false;
  const { type, const: only, enum: values, anyOf, oneOf } = node;
  if (only === null || (Array.isArray(values) && values.includes(null))) return true;
  if (type === 'null' || (Array.isArray(type) && type.includes('null'))) return true;
  return [anyOf, oneOf].some((choices) => Array.isArray(choices) && choices.some(takesNull));
}
