import { type UnzipFileInfo, unzipSync } from 'fflate';
import type { Unread } from '../document.ts';
import type { NamedFile } from '../document-reader.ts';
import { entriesOf } from '../kind.ts';
import { LIMITS, megabytes } from '../limits.ts';
import type { Budget, Parsed } from '../parts.ts';
import { locked, UnreadableDocument } from '../unreadable.ts';

/** What systems put into archives, and nobody reads. */
const JUNK = /(?:^|\/)(?:__MACOSX\/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)|\/$/;

const STORED = 0;
const DEFLATED = 8;

/** The flag of an encrypted entry, in the seventh byte of an archive: https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.9.TXT 4.3.7 */
const FLAGS_AT = 6;
const ENCRYPTED = 1;

/** The files in a ZIP, which are unpacked only when all of them together keep to the limits. */
export async function parseArchive({ bytes }: NamedFile, budget: Budget): Promise<Parsed> {
  if (((bytes[FLAGS_AT] ?? 0) & ENCRYPTED) !== 0) throw locked();
  const entries = entriesOf(bytes).filter(({ name }) => !JUNK.test(name));
  for (const entry of entries) spend(budget, entry);
  const unread = entries.filter(({ compression }) => !isUsual(compression));
  const parts = Object.entries(unpack(bytes)).map(([name, content]) => ({ name, bytes: content }));
  return {
    blocks: [],
    parts,
    ...(unread.length > 0 && { unread: unread.map(unusual) }),
  };
}

/** The sizes are those that the archive's directory states: no entry unpacks to more than that. */
function spend(budget: Budget, { size, originalSize }: UnzipFileInfo): void {
  budget.entries -= 1;
  budget.bytes -= originalSize;
  if (budget.entries < 0) throw tooMuch(`holds more than the ${LIMITS.archiveEntries} files that are read`);
  if (budget.bytes < 0)
    throw tooMuch(`unpacks to more than the ${megabytes(LIMITS.unpackedBytes)} that are read`);
  if (originalSize > LIMITS.ratioBytes && originalSize > size * LIMITS.ratio)
    throw tooMuch(`unpacks to more than ${LIMITS.ratio} times its size, as no usual document does`);
}

function unpack(bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter: ({ name, compression }) => !JUNK.test(name) && isUsual(compression) });
  } catch {
    throw new UnreadableDocument('is a broken ZIP archive: pack or send it again.');
  }
}

function unusual({ name }: UnzipFileInfo): Unread {
  return { path: name, reason: 'is packed in an unusual way: pack it anew.' };
}

function isUsual(compression: number): boolean {
  return compression === STORED || compression === DEFLATED;
}

function tooMuch(what: string): UnreadableDocument {
  return new UnreadableDocument(
    `${what}: add its documents themselves, or in smaller archives.`,
    'invalid_file',
    true,
  );
}
