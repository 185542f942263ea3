import { z } from 'zod';
import { type Page, type PageQuery, startsAtEnd } from './collection.ts';
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

/** The page of a list that is in memory; `items` come oldest first. */
export function pageOf<T extends { id: string }>(items: readonly T[], query: PageQuery): Page<T> {
  const ordered = query.order === 'asc' ? items : items.toReversed();
  const first = query.after === undefined ? 0 : placeOf(ordered, query.after, ordered.length) + 1;
  const end = query.before === undefined ? ordered.length : placeOf(ordered, query.before, 0);
  const between = ordered.slice(first, end);
  const data = startsAtEnd(query) ? between.slice(-query.limit) : between.slice(0, query.limit);
  return { data, hasMore: data.length < between.length };
}

function placeOf(items: readonly { id: string }[], id: string, otherwise: number): number {
  const place = items.findIndex((item) => item.id === id);
  return place === -1 ? otherwise : place;
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

/** A number that came as text. A text that is no number stays a text, for the error to say so. */
export function numberIn(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
