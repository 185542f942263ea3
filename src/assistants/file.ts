import type { FileObject } from 'openai/resources/files';
import { invalidRequest } from './api-error.ts';
import { newId } from './ids.ts';
import { ROOT, type State } from './state.ts';
import { nowInSeconds } from './time.ts';

/** What file systems take for one name, in bytes of UTF-8. */
const MAX_FILENAME_BYTES = 255;

/** The purpose of what a run's code has written. */
export const PRODUCED = 'assistants_output';

export interface NewFile {
  filename: string;
  purpose: FileObject['purpose'];
  bytes: Uint8Array;
  /** How long it is kept, in seconds; for ever when left out. */
  expiresAfter?: number;
}

/** Keeps a file and its content; its name is made safe first. */
export async function addFile(
  state: State,
  { filename, purpose, bytes, expiresAfter }: NewFile,
): Promise<FileObject> {
  const file: FileObject = {
    id: newId('file-'),
    object: 'file',
    bytes: bytes.byteLength,
    created_at: nowInSeconds(),
    filename: safeFilename(filename),
    purpose,
    status: 'processed',
    ...(expiresAfter !== undefined && { expires_at: nowInSeconds() + expiresAfter }),
  };
  await state.contents.set(file.id, bytes);
  await state.files.append(ROOT, file);
  return file;
}

/** Removes a file with its content, from vector stores, too, as OpenAI's API does; true when it was there. */
export async function removeFile(state: State, id: string): Promise<boolean> {
  const removed = await state.files.remove(id);
  await state.search?.removeEverywhere(id);
  await leaveContainers(state, id);
  if (removed) await Promise.all([state.contents.delete(id), state.owners.remove(id)]);
  return removed;
}

/** A container that may hold the file, or what code made of it, goes as a whole. */
async function leaveContainers({ containers, owners }: State, id: string): Promise<void> {
  if (!containers) return;
  for (const owner of (await owners.get(id))?.owners ?? []) await containers.remove(owner);
}

/** The file, unless it does not exist or has expired: then it is removed. */
export async function findFile(state: State, id: string): Promise<FileObject | undefined> {
  const file = await state.files.get(id);
  if (file === undefined || !isExpired(file)) return file;
  await removeFile(state, id);
  return undefined;
}

/**
 * Files that a client gives to something are its own, also what a run has produced: that does not expire by itself any
 * more.
 */
export async function adopt(state: State, ids: readonly string[]): Promise<void> {
  const files = await state.files.getMany([...new Set(ids)]);
  for (const { id, purpose, expires_at: at } of files)
    if (purpose === PRODUCED && at !== undefined)
      await state.files.update(id, ({ expires_at, ...file }) => file);
}

export function isExpired({ expires_at: at }: FileObject): boolean {
  return at !== undefined && at <= nowInSeconds();
}

/** Who uploads files that expire makes room for them. */
export async function removeExpired(state: State): Promise<void> {
  for await (const file of state.files.walk(ROOT, { order: 'asc' })) {
    if (isExpired(file)) await removeFile(state, file.id);
  }
}

/** Throws a 400 ApiError when one of the files that a request refers to does not exist. */
export async function checkFiles(state: State, ids: string[]): Promise<void> {
  const files = await state.files.getMany(ids);
  const known = new Set(files.flatMap((file) => (isExpired(file) ? [] : [file.id])));
  const missing = ids.find((id) => !known.has(id));
  if (missing !== undefined) throw invalidRequest(`No file found with id '${missing}'.`);
}

/** The name alone, without folders, control characters and marks that turn the direction of reading around. */
export function safeFilename(name: string): string {
  const base = name.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const clean = base.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '').trim();
  if (clean === '' || clean === '.' || clean === '..') return 'file';
  const extension = /\.[\w-]{1,16}$/.exec(clean)?.[0] ?? '';
  const stem = clean.slice(0, clean.length - extension.length);
  return cutToBytes(stem, MAX_FILENAME_BYTES - extension.length) + extension;
}

function cutToBytes(text: string, limit: number): string {
  let size = 0;
  let cut = '';
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > limit) break;
    cut += character;
  }
  return cut;
}
