import { z } from 'zod';
import type { Page, PageQuery } from './collection.ts';
import { validate } from './validation.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** The API's answer to every list call; the ids are the cursors of the page's ends. */
export interface List<T> {
  object: 'list';
  data: T[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

export function toList<T extends { id: string }>({ data, hasMore }: Page<T>): List<T> {
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}

/** What a list call asks for. Throws a 400 ApiError for a limit or an order that the API does not know. */
export function listQuery(
  query: Record<string, string>,
  bounds: { default: number; max: number } = { default: DEFAULT_LIMIT, max: MAX_LIMIT },
): PageQuery {
  const { after, before, limit, order } = query;
  const page = validate(z.object({ limit: z.int().min(1).max(bounds.max), order: z.enum(['asc', 'desc']) }), {
    limit: limit === undefined ? bounds.default : numberIn(limit),
    order: order ?? 'desc',
  });
  return { ...page, ...(after !== undefined && { after }), ...(before !== undefined && { before }) };
}

/** A text that is no number stays a text, for the error to say so. */
function numberIn(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
