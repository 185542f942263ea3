import { DATA_FOLDER } from '../../runs/writer/produced-files.ts';
import type { ContainerFile } from './containers-api.ts';

/** What is remembered of a thread's container. */
export interface KeptContainer {
  id: string;
  /** When it was last used, in ms since 1970: whether one lives that was not used for long, is asked. */
  usedAt: number;
  /** Code has run in it. */
  hasRun: boolean;
  /** People's files that were brought in, under the names that the conversation has for them. */
  uploads: Upload[];
  /** The files of its code that were fetched, each with the call that it is shown with. */
  fetched: { key: string; call: string }[];
  /** SHA-256 of what was fetched, so that a picture does not come under two names. */
  hashes: string[];
}

/** A file of people's, and where it stands in the container, or why it does not. */
export interface Upload {
  name: string;
  bytes: number;
  path?: string;
  problem?: string;
}

/** So much of what was fetched is remembered, the newest: more than any conversation makes in the life of a container. */
const MAX_REMEMBERED = 500;

export function newContainer(id: string, usedAt: number): KeptContainer {
  return { id, usedAt, hasRun: false, uploads: [], fetched: [], hashes: [] };
}

/** A file as it is now: written anew it is another one. */
export function keyOf({ id, bytes, createdAt }: ContainerFile): string {
  return `${id} ${bytes} ${createdAt}`;
}

/** The container with more that was fetched for `call`. */
export function withFetched(
  container: KeptContainer,
  call: string,
  keys: readonly string[],
  hashes: readonly string[],
): KeptContainer {
  const others = container.fetched.filter(({ key }) => !keys.includes(key));
  const fetched = [...others, ...keys.map((key) => ({ key, call }))].slice(-MAX_REMEMBERED);
  const known = new Set([...container.hashes, ...hashes]);
  return { ...container, hasRun: true, fetched, hashes: [...known].slice(-MAX_REMEMBERED) };
}

/** How code and the conversation call the file: its path below `/mnt/data/`. */
export function nameOf(path: string): string {
  return path.startsWith(DATA_FOLDER) ? path.slice(DATA_FOLDER.length) : path.replace(/^.*\//, '');
}
