const MiB = 1024 * 1024;

/** What one document may ask of whoever reads it. Sizes are in bytes, times in milliseconds. */
export const LIMITS = {
  /** A file: manuals with pictures are smaller, and it is held in memory three times while it is read. */
  fileBytes: 50 * MiB,
  /** What is read of a file, in characters: 20,000 chunks, more than any person wrote. */
  textLength: 32 * MiB,
  /** The pages of a PDF: one takes 3 to 10 ms, so that as many take less than half of `timeMs`. */
  pdfPages: 5000,
  /** The entries of an archive, those of archives in it included. */
  archiveEntries: 10_000,
  /** What an archive holds when unpacked, what is in archives in it included. */
  unpackedBytes: 128 * MiB,
  /** How many times its size an entry may have when unpacked, from `ratioBytes` on: text seldom reaches 50. */
  ratio: 200,
  ratioBytes: MiB,
  /** An archive in an archive is read, and so is an email in one, but no deeper. */
  depth: 2,
  /** The longest documents that are read take half of it, on a small machine that is busy. */
  timeMs: 120_000,
  /** A process that reads, all in all: Markdown or HTML of `textLength` takes 530 MB, which is the most seen. */
  processBytes: 768 * MiB,
};

export type DocumentLimits = typeof LIMITS;

/** As people write sizes. */
export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / MiB)} MB`;
}
