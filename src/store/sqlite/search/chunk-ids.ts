import { MAX_CHUNKS } from '../../search-index.ts';

/** The file that a chunk belongs to, which is in its id: so nobody has to look it up. */
export function fileOf(chunk: number): number {
  return Math.floor(chunk / MAX_CHUNKS);
}

/** The same in SQL, of the column with the chunk's id. */
export function fileIdIn(column: string): string {
  return `(${column} / ${MAX_CHUNKS})`;
}

/** The ids that a file's chunks have. */
export function range(file: number): [first: number, last: number] {
  return [file * MAX_CHUNKS, (file + 1) * MAX_CHUNKS - 1];
}
