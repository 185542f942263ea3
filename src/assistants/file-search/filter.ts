import { z } from 'zod';
import { listOf } from '../validation.ts';

/** Filters in filters: deeper than any that a person writes, and off the stack's end. */
const MAX_DEPTH = 8;

/** Parts of one filter altogether, and values of one `in`: each is a term of the index's query. */
const MAX_PARTS = 100;
const MAX_VALUES = 200;

/** The bounds of what a filter compares with, those of attributes: https://developers.openai.com/api/reference/resources/vector_stores */
const MAX_KEY = 64;
const MAX_VALUE = 512;

const key = z.string().min(1).max(MAX_KEY);
const text = z.string().max(MAX_VALUE);

const equality = z.strictObject({
  type: z.enum(['eq', 'ne']),
  key,
  value: z.union([text, z.number(), z.boolean()]),
});
const order = z.strictObject({
  type: z.enum(['gt', 'gte', 'lt', 'lte']),
  key,
  value: z.union([text, z.number()]),
});
const membership = z.strictObject({
  type: z.enum(['in', 'nin']),
  key,
  value: listOf(z.union([text, z.number()]), { min: 1, max: MAX_VALUES }),
});

type Comparison = z.infer<typeof equality> | z.infer<typeof order> | z.infer<typeof membership>;

/**
 * Which files are searched, by their attributes. A file without the attribute fits `ne` and `nin` alone; a text is
 * never equal to, before or behind a number.
 */
export type Filter = Comparison | { type: 'and' | 'or'; filters: Filter[] };

const compound = z.strictObject({
  type: z.enum(['and', 'or']),
  get filters(): z.ZodType<Filter[]> {
    return listOf(anyFilter, { min: 1, max: MAX_PARTS });
  },
});

const anyFilter = z.discriminatedUnion('type', [equality, order, membership, compound]);

/** A filter as a client or an assistant's tool sends it. */
export const filter: z.ZodType<Filter> = anyFilter
  .refine((given) => depth(given) <= MAX_DEPTH, {
    error: `Invalid '{param}': filters may be nested at most ${MAX_DEPTH} levels deep.`,
  })
  .refine((given) => parts(given) <= MAX_PARTS, {
    error: `Invalid '{param}': a filter may have at most ${MAX_PARTS} parts.`,
  });

function depth(given: Filter): number {
  return 'filters' in given ? 1 + Math.max(...given.filters.map(depth)) : 1;
}

function parts(given: Filter): number {
  return 'filters' in given ? given.filters.reduce((sum, inner) => sum + parts(inner), 1) : 1;
}
