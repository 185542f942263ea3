import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOf } from '../../../src/functions/modules/schema/json-schema.ts';
import { strictly } from '../../../src/functions/modules/schema/strict.ts';
import { withoutNulls } from '../../../src/functions/modules/schema/without-nulls.ts';
import type { JsonSchema } from '../../../src/functions/team-function.ts';

function schemaOf(parameters: z.ZodType): JsonSchema {
  const found = jsonSchemaOf(parameters);
  if (found.mistakes) throw new Error(found.mistakes.join());
  return found.schema;
}

type Node = { [key: string]: unknown };

/** Every schema in a schema. */
function nodesOf(schema: unknown): Node[] {
  if (Array.isArray(schema)) return schema.flatMap(nodesOf);
  if (typeof schema !== 'object' || schema === null) return [];
  const node = schema as Node;
  const { properties = {}, $defs = {}, items, anyOf } = node;
  return [
    node,
    ...[...Object.values(Object(properties)), ...Object.values(Object($defs)), items, anyOf].flatMap(nodesOf),
  ];
}

/** What OpenAI takes as strict: https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas */
function breaksRules(schema: JsonSchema): string[] {
  const known =
    /^(type|description|enum|const|pattern|format|multipleOf|(exclusive)?(min|max)imum|(exclusive)?M(in|ax)imum|exclusive(Minimum|Maximum)|(min|max)Items|\$ref|\$defs|properties|required|additionalProperties|items|anyOf)$/;
  return nodesOf(schema).flatMap((node) => {
    const unknown = Object.keys(node).filter((key) => !known.test(key));
    const isObject = node.type === 'object';
    const isClosed = node.additionalProperties === false;
    const needsAll = JSON.stringify(node.required) === JSON.stringify(Object.keys(Object(node.properties)));
    const says = ['type', 'anyOf', '$ref'].some((key) => key in node);
    return [
      ...unknown,
      ...(isObject && !isClosed ? ['open'] : []),
      ...(isObject && !needsAll ? ['not all required'] : []),
      ...(says ? [] : ['anything']),
    ];
  });
}

const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree).optional();
  },
});

test.each([
  ['nothing', z.object({})],
  [
    'optional fields',
    z.object({ a: z.string().optional(), b: z.number().nullish(), c: z.boolean().nullable() }),
  ],
  [
    'defaults',
    z.object({ a: z.int().default(3), b: z.enum(['x', 'y']).prefault('x'), c: z.string().catch('') }),
  ],
  [
    'limits',
    z.object({
      a: z
        .string()
        .min(1)
        .max(9)
        .regex(/^(?!x)a/),
      b: z.array(z.int()).min(1).max(3),
    }),
  ],
  [
    'formats',
    z.object({ a: z.email(), b: z.url(), c: z.uuid(), d: z.iso.datetime(), e: z.iso.date(), f: z.base64() }),
  ],
  [
    'values',
    z.object({ a: z.literal('x').optional(), b: z.literal(['x', 1, null]), c: z.enum(['p']).optional() }),
  ],
  [
    'what is coerced or changed',
    z.object({
      a: z.coerce.date(),
      b: z.coerce.bigint(),
      c: z.string().transform(Number),
      d: z.stringbool(),
    }),
  ],
  ['choices', z.object({ a: z.union([z.string(), z.object({ b: z.string().optional() })]).optional() })],
  [
    'kinds',
    z.object({
      a: z.discriminatedUnion('t', [
        z.object({ t: z.literal('p'), x: z.string().optional() }),
        z.object({ t: z.literal('q') }),
      ]),
    }),
  ],
  [
    'objects in lists',
    z.object({ a: z.array(z.object({ b: z.object({ c: z.string().optional() }).optional() })) }),
  ],
  ['trees', Tree],
  [
    'shared parts',
    z.object({ a: z.string().meta({ id: 'Name', examples: ['x'] }), b: z.strictObject({ c: z.string() }) }),
  ],
  ['both of two', z.object({ a: z.string() }).and(z.object({ b: z.number().optional() }))],
])('a model is held to a schema with %s', (_, parameters) => {
  const { parameters: strict, strict: isStrict, reasons } = strictly(schemaOf(parameters));
  expect({ isStrict, reasons }).toEqual({ isStrict: true, reasons: [] });
  expect(breaksRules(strict)).toEqual([]);
});

test.each([
  [
    'fields of any name',
    z.object({ a: z.record(z.string(), z.number()) }),
    'parameters.a has fields of any name',
  ],
  ['more fields than it names', z.looseObject({ a: z.string() }), 'parameters has fields of any name'],
  ['anything', z.object({ a: z.array(z.unknown()) }), 'parameters.a[] may be anything'],
  ['a tuple', z.object({ a: z.tuple([z.string(), z.int()]) }), 'parameters.a is a tuple'],
  ['nothing at all', z.object({ a: z.never() }), 'parameters.a takes no value'],
])('with %s it is given as it is, not strict, and says why', (_, parameters, reason) => {
  const schema = schemaOf(parameters);
  expect(strictly(schema)).toEqual({ parameters: schema, strict: false, reasons: [reason] });
});

test('what a strict schema can’t say is said in words', () => {
  const { parameters } = strictly(
    schemaOf(z.object({ a: z.string().max(9).default('x').describe('A name.'), b: z.int().optional() })),
  );
  expect(parameters.properties).toMatchObject({
    a: { type: ['string', 'null'], description: 'A name. At most 9 characters. Null means "x".' },
    b: { type: ['integer', 'null'] },
  });
});

const optional = z.object({
  text: z.string().optional(),
  count: z.coerce.number().default(3),
  keeps: z.string().nullish(),
  must: z.string().nullable(),
  list: z.array(z.object({ inner: z.object({ x: z.int().optional() }).optional() })).optional(),
  either: z.union([
    z.object({ t: z.literal('p'), a: z.int().optional() }),
    z.object({ t: z.literal('q'), a: z.null() }),
  ]),
  tree: Tree.optional(),
});

test('nulls of what may be left out are taken away, and those that mean something stay', () => {
  const given = {
    text: null,
    count: null,
    keeps: null,
    must: null,
    list: [{ inner: null }, { inner: { x: null } }],
    either: { t: 'q', a: null },
    tree: { name: 'a', children: [{ name: 'b', children: null }] },
  };
  const cleaned = withoutNulls(given, schemaOf(optional));
  expect(cleaned).toEqual({
    keeps: null,
    must: null,
    list: [{}, { inner: {} }],
    either: { t: 'q', a: null },
    tree: { name: 'a', children: [{ name: 'b' }] },
  });
  expect(optional.parse(cleaned)).toMatchObject({ count: 3, must: null });
});

test('whatever a person may leave out, a model may give as null', () => {
  const leaf = fc.constantFrom(
    z.string().optional(),
    z.int().default(1),
    z.boolean(),
    z.enum(['a', 'b']).optional(),
    z.array(z.string()).optional(),
  );
  const object = (fields: fc.Arbitrary<z.ZodType>) =>
    fc
      .dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), fields, { noNullPrototype: true })
      .map((shape) => z.object(shape));
  const schema = object(
    fc.oneof(
      leaf,
      object(leaf),
      object(leaf).map((inner) => z.array(inner).optional()),
    ),
  );
  fc.assert(
    fc.property(schema, (parameters) => {
      const plain = schemaOf(parameters);
      const nulls = (node: Node): unknown => {
        if (Array.isArray(node.type)) return null;
        if (Array.isArray(node.anyOf)) return null;
        if (node.type === 'object')
          return Object.fromEntries(
            Object.entries(Object(node.properties)).map(([key, each]) => [key, nulls(each as Node)]),
          );
        return node.type === 'boolean' ? true : [];
      };
      const { parameters: strict } = strictly(plain);
      expect(parameters.safeParse(withoutNulls(nulls(strict as Node), plain)).success).toBe(true);
    }),
  );
});
