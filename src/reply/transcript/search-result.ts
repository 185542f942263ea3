import type { DocumentPlace, SearchResult } from '../../view.ts';
import { numberOf, textOf } from './wire.ts';

/** A result of the API's, with what Bobbin's own server tells beside it. */
interface WireResult {
  readonly file_id: string;
  readonly file_name: string;
  readonly score: number;
  readonly attributes?: unknown;
  readonly place?: unknown;
  readonly headings?: unknown;
}

/** What a search found, as the server tells it. */
export function searchResultOf({ file_id, file_name, score, ...more }: WireResult): SearchResult {
  const { attributes, place, headings } = more;
  return {
    file_id: textOf(file_id),
    file_name: textOf(file_name),
    score: numberOf(score),
    ...(isRecord(attributes) && { attributes: attributesOf(attributes) }),
    ...(isRecord(place) && { place: placeOf(place) }),
    ...(Array.isArray(headings) && { headings: headings.filter((heading) => typeof heading === 'string') }),
  };
}

function attributesOf(attributes: Record<string, unknown>): Record<string, string | number | boolean> {
  const known = Object.entries(attributes).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[name, value] as const]
      : [],
  );
  return Object.fromEntries(known);
}

function placeOf({ page, slide, sheet, rows, lines }: Record<string, unknown>): DocumentPlace {
  return {
    ...(isCount(page) && { page }),
    ...(isCount(slide) && { slide }),
    ...(typeof sheet === 'string' && sheet !== '' && { sheet }),
    ...(isRange(rows) && { rows }),
    ...(isRange(lines) && { lines }),
  };
}

function isRange(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isCount);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
