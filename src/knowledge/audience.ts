import { createHash } from 'node:crypto';
import type { Readers } from '../platform.ts';

/**
 * Who may see a document: those of each list, which an entry of `assistant.md`, a folder and the document itself may have.
 * Every list narrows it down further; without any, everybody may.
 */
export type Audience = readonly (readonly string[])[];

/** Each list once, in one order: equal audiences are equal JSON. */
export function audienceOf(lists: readonly (readonly string[] | undefined)[]): Audience {
  const texts = lists.filter((list) => list !== undefined).map((list) => JSON.stringify([...list].sort()));
  return [...new Set(texts)].sort().map((text): string[] => JSON.parse(text));
}

/** A short name for an audience; the empty one's is empty. */
export function keyOf(audience: Audience): string {
  if (audience.length === 0) return '';
  return createHash('sha256').update(JSON.stringify(audience)).digest('hex').slice(0, 32);
}

/** As people read it; empty for everybody. */
export function described(audience: Audience): string {
  return audience.map((list) => list.join(', ')).join(' and of these ');
}

/**
 * Whether everyone who can read a conversation may see a document: the conversation is in a place that is named, or each of
 * its readers is named, alone or with a group. Nobody knows who the readers are: then only what is for everybody.
 */
export function maySee(audience: Audience, readers: Readers | undefined): boolean {
  return audience.every((list) => readers !== undefined && isNamed(new Set(list), readers));
}

function isNamed(list: ReadonlySet<string>, { places, people = [] }: Readers): boolean {
  if (places.some((place) => list.has(place))) return true;
  return people.length > 0 && people.every((names) => names.some((name) => list.has(name)));
}
