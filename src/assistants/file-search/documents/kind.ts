import { type UnzipFileInfo, unzipSync } from 'fflate';
import { locked, UnreadableDocument } from './unreadable.ts';

/** What reads a document. */
export type Kind = 'pdf' | 'office' | 'archive' | 'email' | 'html' | 'markdown' | 'table' | 'code' | 'text';

/** Names that say what a text is; all others are plain text. */
const KINDS_OF_TEXT: [Kind, string][] = [
  ['markdown', 'md markdown mdown mkd mdx qmd rmd'],
  ['html', 'html htm xhtml'],
  ['table', 'csv tsv tab'],
  ['email', 'eml'],
  [
    'code',
    'c cc cpp cs css cjs clj cxx dart diff ex exs go gradle graphql groovy h hpp hs ini java jl js json jsonc jsx kt ' +
      'kts less lua m mjs mm mts cts patch php pl pm proto ps1 psm1 py pyi r rb rs sass scala scss sh bash zsh fish sql ' +
      'svelte swift tf toml ts tsx vb vue xml xsd yaml yml zig',
  ],
];

const KIND_OF_EXTENSION = new Map(
  KINDS_OF_TEXT.flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind] as const)),
);

/** What stands in archives that are documents. */
const OFFICE_PART =
  /^(?:word\/document\d*\.xml|ppt\/presentation\.xml|xl\/workbook\.xml|content\.xml|META-INF\/container\.xml)$/;

/** Where a mark stands in a file, and the mark, a character a byte. */
type Mark = [at: number, mark: string];

/** Files that people take for documents, by what they begin with, and what they can do. */
const REFUSED: [message: string, marks: Mark[]][] = [
  [
    'is a picture: no text is read from pictures.',
    [
      [0, '\x89PNG'],
      [0, '\xff\xd8\xff'],
      [0, 'GIF8'],
      [8, 'WEBP'],
      [0, 'II*\0'],
      [0, 'MM\0*'],
      [4, 'ftypheic'],
      [4, 'ftypavif'],
    ],
  ],
  [
    'is a sound or a video: add its transcript as text.',
    [
      [4, 'ftyp'],
      [0, 'ID3'],
      [0, 'OggS'],
      [0, 'fLaC'],
      [0, 'RIFF'],
      [0, '\x1a\x45\xdf\xa3'],
    ],
  ],
  [
    'is an archive of a kind that is not read: pack it as ZIP.',
    [
      [0, '\x1f\x8b'],
      [0, '7z\xbc\xaf'],
      [0, 'Rar!\x1a'],
      [0, 'BZh'],
      [0, '\xfd7zXZ'],
      [257, 'ustar'],
    ],
  ],
  [
    'is a program, not a document.',
    [
      [0, 'MZ\x90'],
      [0, '\x7fELF'],
      [0, '\xcf\xfa\xed\xfe'],
      [0, '\xca\xfe\xba\xbe'],
      [0, '\0asm'],
    ],
  ],
];

/** Of Office's old format, which also wraps its encrypted documents: https://learn.microsoft.com/openspecs/windows_protocols/ms-cfb */
const COMPOUND_FILE = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1';

/** A ZIP begins with an entry, its end where it has none, or the mark of a part. */
const ZIP = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'];

/** How far into a file marks are looked for: a PDF's may stand a kilobyte behind its beginning. In bytes. */
const HEAD = 1024;

/** What a file is by its bytes, or undefined for one that may be text. Rejects what is known and cannot be read. */
export function kindOfBytes(bytes: Uint8Array): Kind | undefined {
  const head = Buffer.from(bytes.subarray(0, HEAD)).toString('latin1');
  if (head.includes('%PDF-')) return 'pdf';
  if (head.startsWith('{\\rtf')) return 'office';
  if (ZIP.some((mark) => head.startsWith(mark))) return kindOfZip(bytes);
  if (head.startsWith(COMPOUND_FILE)) return kindOfCompoundFile(bytes);
  const refused = REFUSED.find(([, marks]) => marks.some(([at, mark]) => head.startsWith(mark, at)));
  if (refused) throw new UnreadableDocument(refused[0], 'unsupported_file');
  return undefined;
}

/** What a text is: by its beginning, where that is clear, and then by its name. */
export function kindOfText(text: string, name: string): Kind {
  const named = KIND_OF_EXTENSION.get(/\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? '');
  const head = text.slice(0, HEAD).trimStart();
  if (/^<!doctype html|^<html[\s>]/i.test(head)) return 'html';
  if (named) return named;
  if (
    /^(?:(?:received|return-path|delivered-to|from|to|subject|date|message-id|mime-version):.*\r?\n(?:[ \t].*\r?\n)*){2}/i.test(
      head,
    )
  )
    return 'email';
  return 'text';
}

function kindOfZip(bytes: Uint8Array): Kind {
  return entriesOf(bytes).some(({ name }) => OFFICE_PART.test(name)) ? 'office' : 'archive';
}

/** The directory of a ZIP, with nothing unpacked. */
export function entriesOf(bytes: Uint8Array): UnzipFileInfo[] {
  const entries: UnzipFileInfo[] = [];
  try {
    unzipSync(bytes, { filter: (entry) => entries.push(entry) < 0 });
  } catch {
    throw new UnreadableDocument('is a broken ZIP archive or document: save or send it again.');
  }
  return entries;
}

/** Encrypted documents have a stream of this name, in UTF-16. */
function kindOfCompoundFile(bytes: Uint8Array): never {
  if (Buffer.from(bytes).includes(Buffer.from('EncryptedPackage', 'utf16le'))) throw locked();
  throw new UnreadableDocument(
    'is in the format of Office before 2007 or of Outlook: save it as DOCX, XLSX, PPTX or EML.',
    'unsupported_file',
  );
}
