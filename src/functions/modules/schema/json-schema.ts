import { z } from 'zod';
import type { JsonSchema } from '../../team-function.ts';

/** A JSON schema, or what in a zod schema has no counterpart in JSON, each a whole sentence. */
export type FoundSchema = { schema: JsonSchema; mistakes?: never } | { mistakes: string[] };

/** What can be written in JSON in another way, by its type in zod. */
const INSTEAD: Readonly<Record<string, string>> = {
  date: 'use z.coerce.date(), or z.iso.datetime() for a text',
  bigint: 'use z.coerce.bigint(), or z.int()',
  map: 'use z.array of objects with a key and a value',
  set: 'use z.array',
  undefined: 'leave it out, or use .optional() on what it may be',
  void: 'leave it out',
  nan: 'use z.number()',
};

/** The JSON schema of what a zod schema takes. */
export function jsonSchemaOf(parameters: z.ZodType): FoundSchema {
  const mistakes: string[] = [];
  try {
    const { $schema: _, ...schema } = z.toJSONSchema(parameters, {
      io: 'input',
      // Some providers know no such word, and names are texts in any case.
      override: ({ jsonSchema }) => void delete jsonSchema.propertyNames,
      unrepresentable: ({ zodSchema, path }) => {
        const { type, coerce } = zodSchema._zod.def as { type: string; coerce?: boolean };
        if (coerce && type === 'date') return { type: 'string', format: 'date-time' };
        if (coerce && type === 'bigint') return { type: 'integer' };
        const instead = INSTEAD[type] ?? 'use what JSON can say';
        mistakes.push(`${placeOf(path)} is a z.${type}, which JSON does not have: ${instead}.`);
        return 'any';
      },
    });
    if (mistakes.length > 0) return { mistakes };
    if (schema.type === 'object') return { schema };
    return { mistakes: ['the parameters must be a z.object, with a field for each of them.'] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { mistakes: [`the parameters can't be told as JSON schema: ${reason}.`] };
  }
}

/** `properties, due, items` as `parameters.due[]`. */
export function placeOf(path: readonly (string | number)[]): string {
  const names = path.flatMap((step, at) => {
    if (path[at - 1] === 'properties') return [`.${step}`];
    return step === 'items' ? ['[]'] : [];
  });
  return `parameters${names.join('')}`;
}
