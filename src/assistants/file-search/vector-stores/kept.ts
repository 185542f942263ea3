import type { VectorStore as SdkStore } from 'openai/resources/vector-stores';
import type { VectorStoreFile } from 'openai/resources/vector-stores/files';
import { newId } from '../../ids.ts';
import { nowInSeconds } from '../../time.ts';
import { CHUNK_TOKENS, type ChunkingStrategy } from '../chunks/chunk.ts';
import type { Unread } from '../documents/document.ts';
import type { Attributes } from '../file-search.ts';
import type { ExpiresAfter, FileStatus, StoreInput } from './schemas.ts';

const DAY_SECONDS = 86_400;

/** How the API shows `auto`: the bounds that it keeps to, in tokens. */
const AUTO = {
  max_chunk_size_tokens: CHUNK_TOKENS.default,
  chunk_overlap_tokens: CHUNK_TOKENS.defaultOverlap,
};

/** A vector store as it is kept; what is in it is counted elsewhere. */
export interface KeptStore {
  id: string;
  created_at: number;
  name: string | null;
  description: string | null;
  metadata: Record<string, string>;
  last_active_at: number;
  expires_after: ExpiresAfter | null;
  /** Set when its time was over, and for ever: what it held is no longer indexed. */
  expired?: true;
  /** The thread whose own it is, and with which it goes. */
  thread_id?: string;
}

/** A file of a vector store as it is kept. */
export interface KeptFile {
  /** Of the two together: `placeId`. */
  id: string;
  file_id: string;
  vector_store_id: string;
  created_at: number;
  status: FileStatus;
  last_error: VectorStoreFile.LastError | null;
  /** What of an archive or an email could not be read. */
  unread?: Unread[];
  /** Of its text in the index. */
  usage_bytes: number;
  chunking_strategy: ChunkingStrategy;
  attributes: Attributes;
  /** The batch that added it last. */
  batch_id: string | null;
  /** Another one each time that it is to be indexed: who has indexed an earlier one leaves it alone. */
  attempt: string;
}

export interface Counts {
  in_progress: number;
  completed: number;
  failed: number;
  cancelled: number;
  total: number;
}

/** How many files a vector store has, and how large their text is. */
export interface Tally extends Counts {
  usage_bytes: number;
}

export const NOTHING: Tally = {
  in_progress: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  total: 0,
  usage_bytes: 0,
};

/** The tally after a file has become another one, or has come or gone. */
export function moved(tally: Tally, before: KeptFile | undefined, after: KeptFile | undefined): Tally {
  const next = { ...tally };
  if (before) next[before.status]--;
  if (after) next[after.status]++;
  next.total += Number(after !== undefined) - Number(before !== undefined);
  next.usage_bytes += (after?.usage_bytes ?? 0) - (before?.usage_bytes ?? 0);
  return next;
}

/** Names a file in a vector store: the same file may be in several. */
export function placeId(vectorStoreId: string, fileId: string): string {
  return `${vectorStoreId}-${fileId}`;
}

export function newStore(input: Omit<StoreInput, 'file_ids' | 'chunking_strategy'>): KeptStore {
  const now = nowInSeconds();
  return {
    id: newId('vs_'),
    created_at: now,
    name: input.name ?? null,
    description: input.description ?? null,
    metadata: input.metadata ?? {},
    last_active_at: now,
    expires_after: input.expires_after ?? null,
  };
}

/** When the store's time is over; null for one that is kept for ever. */
export function expiryOf({ expires_after, last_active_at }: KeptStore): number | null {
  return expires_after && last_active_at + expires_after.days * DAY_SECONDS;
}

export function isOver(store: KeptStore): boolean {
  return store.expired === true || (expiryOf(store) ?? Infinity) <= nowInSeconds();
}

/** The API's shape of a store; the SDK's type has neither a description nor a nameless store. */
export type VectorStore = Omit<SdkStore, 'name' | 'expires_after'> & {
  name: string | null;
  description: string | null;
  expires_after: ExpiresAfter | null;
};

export function storeObject(store: KeptStore, { usage_bytes, ...file_counts }: Tally): VectorStore {
  const { id, created_at, name, description, metadata, last_active_at, expires_after } = store;
  const open = file_counts.in_progress > 0 ? 'in_progress' : 'completed';
  return {
    id,
    object: 'vector_store',
    created_at,
    name,
    description,
    usage_bytes,
    file_counts,
    status: isOver(store) ? 'expired' : open,
    expires_after,
    expires_at: expiryOf(store),
    last_active_at,
    metadata,
  };
}

/** The API's shape of a file; of our own is what could not be read of one that could. */
export function fileObject(file: KeptFile): VectorStoreFile & { unread?: Unread[] } {
  const { chunking_strategy: strategy } = file;
  return {
    id: file.file_id,
    object: 'vector_store.file',
    created_at: file.created_at,
    usage_bytes: file.usage_bytes,
    vector_store_id: file.vector_store_id,
    status: file.status,
    last_error: file.last_error,
    chunking_strategy: strategy.type === 'auto' ? { type: 'static', static: AUTO } : strategy,
    attributes: file.attributes,
    ...(file.unread && { unread: file.unread }),
  };
}
