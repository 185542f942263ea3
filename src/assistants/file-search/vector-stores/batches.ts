import type { VectorStoreFileBatch } from 'openai/resources/vector-stores/file-batches';
import { newId } from '../../ids.ts';
import type { State } from '../../state.ts';
import { nowInSeconds } from '../../time.ts';
import type { Counts } from './kept.ts';
import type { StoreFiles } from './store-files.ts';

/** Files that were added together. */
export interface KeptBatch {
  id: string;
  vector_store_id: string;
  created_at: number;
  file_ids: string[];
  cancelled: boolean;
  /** How it ended; until then it is what its files are. */
  counts?: Counts;
}

export function newBatch(vectorStoreId: string, fileIds: readonly string[]): KeptBatch {
  const id = newId('vsfb_');
  const file_ids = [...new Set(fileIds)];
  return { id, vector_store_id: vectorStoreId, created_at: nowInSeconds(), file_ids, cancelled: false };
}

/** The batch as the API shows it; once nothing of it is in progress, it stays as it is. */
export async function batchObject(
  state: State,
  files: StoreFiles,
  batch: KeptBatch,
): Promise<VectorStoreFileBatch> {
  const counts = batch.counts ?? (await countsOf(files, batch));
  if (!batch.counts && counts.in_progress === 0)
    await state.fileBatches.update(batch.id, (kept) => ({ ...kept, counts }));
  return {
    id: batch.id,
    object: 'vector_store.files_batch',
    created_at: batch.created_at,
    vector_store_id: batch.vector_store_id,
    status: statusOf(batch, counts),
    file_counts: counts,
  };
}

/** A file that was taken out of the store meanwhile counts as cancelled. */
async function countsOf(files: StoreFiles, batch: KeptBatch): Promise<Counts> {
  const there = await files.getMany(batch.vector_store_id, batch.file_ids);
  const counts = { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: batch.file_ids.length };
  for (const { status } of there) counts[status]++;
  counts.cancelled += batch.file_ids.length - there.length;
  return counts;
}

function statusOf({ cancelled }: KeptBatch, counts: Counts): VectorStoreFileBatch['status'] {
  if (cancelled) return 'cancelled';
  if (counts.in_progress > 0) return 'in_progress';
  return counts.failed > 0 && counts.failed === counts.total ? 'failed' : 'completed';
}
