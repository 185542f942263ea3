import { expect, test } from 'vitest';
import { parse } from '../../../../src/assistants/file-search/documents/parse.ts';
import { UnreadableDocument } from '../../../../src/assistants/file-search/documents/unreadable.ts';
import { docx, word, zip } from './office-files.ts';
import { oldFont, pdf, pdfOf } from './pdf-file.ts';

const LOCK = `/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${'41'.repeat(32)}> /U <${'42'.repeat(32)}> >> /ID [<00> <00>]`;

/** A file of Office's old format with a stream of this name. */
function compoundFile(stream: string): Uint8Array {
  const mark = Buffer.from('d0cf11e0a1b11ae1', 'hex');
  return Buffer.concat([mark, Buffer.alloc(1000), Buffer.from(stream, 'utf16le'), Buffer.alloc(1000)]);
}

function lockedZip(): Uint8Array {
  const bytes = zip({ 'a.txt': 'secret' });
  bytes[6] = 1;
  return bytes;
}

const zeros = (length: number) => new Uint8Array(length);
const latin = (text: string) => Buffer.from(text, 'latin1');
const lotsOf = (count: number) =>
  zip(Object.fromEntries(Array.from({ length: count }, (_, at) => [`${at}.txt`, ''])));

const PASSWORD = 'is protected by a password: save it without.';
const BROKEN_ZIP = 'is a broken ZIP archive or document: save or send it again.';
const NO_TEXT =
  'is neither text nor a document of a kind that can be read: save it as PDF, DOCX or text in UTF-8.';
const TOO_MUCH = 'unpacks to more than is read of one document: split it.';
const ITSELF = ': add its documents themselves, or in smaller archives.';

test.each([
  ['an empty file', 'a.md', () => zeros(0), 'is empty.'],
  ['blanks', 'a.md', () => latin(' \n\n'), 'holds no text.'],
  [
    '200 MB of CSV',
    'a.csv',
    () => zeros(200e6),
    'is too large: 191 MB are more than the 50 MB that are read. Split it.',
  ],
  ['a binary with a text name', 'a.txt', () => latin('\x01\x02\xff\xfe\x90abc'), NO_TEXT],
  ['a text with zeros', 'a.md', () => latin('abc\0\0def'), NO_TEXT],
  ['a picture', 'a.txt', () => latin('\x89PNG\r\n\x1a\n'), 'is a picture: no text is read from pictures.'],
  ['a program', 'a.md', () => latin('\x7fELF\x02\x01'), 'is a program, not a document.'],
  [
    'another archive',
    'a.tgz',
    () => latin('\x1f\x8b\x08'),
    'is an archive of a kind that is not read: pack it as ZIP.',
  ],
  ['a PDF with a password', 'a.pdf', () => pdfOf([latin('')], { trailer: LOCK }), PASSWORD],
  [
    'a scanned PDF',
    'a.pdf',
    () => pdf([], []),
    'holds no text, only pictures of it: run a text recognition (OCR) over it first.',
  ],
  [
    'a PDF in an old encoding',
    'a.pdf',
    () =>
      pdfOf([latin('BT /F 12 Tf 72 700 Td <82b182f1> Tj ET')], { font: oldFont('KSC-Johab-H', 'Korea1') }),
    'has its text in an old Chinese, Japanese or Korean encoding that cannot be read: save it as DOCX, or as PDF anew.',
  ],
  [
    'a PDF with too many pages',
    'a.pdf',
    () => pdfOf([latin('')], { times: 5001 }),
    'has 5001 pages, more than the 5000 that are read: split it.',
  ],
  ['Word with a password', 'a.docx', () => compoundFile('EncryptedPackage'), PASSWORD],
  [
    'Word of 1997',
    'a.doc',
    () => compoundFile('WordDocument'),
    'is in the format of Office before 2007 or of Outlook: save it as DOCX, XLSX, PPTX or EML.',
  ],
  ['half of a Word file', 'a.docx', () => docx(word.text('x')).slice(0, 700), BROKEN_ZIP],
  ['Word with many elements', 'a.docx', () => docx('<w:p/>'.repeat(600_000)), TOO_MUCH],
  [
    'Word with deep tables',
    'a.docx',
    () => docx('<w:tbl><w:tr><w:tc>'.repeat(3000), '</w:tc></w:tr></w:tbl>'.repeat(3000)),
    TOO_MUCH,
  ],
  ['a ZIP with a password', 'a.zip', () => lockedZip(), PASSWORD],
  ['an empty ZIP', 'a.zip', () => zip({}), 'holds no text.'],
  [
    'a ZIP that unpacks to much',
    'a.zip',
    () => zip({ a: zeros(2e6) }),
    `unpacks to more than 200 times its size, as no usual document does${ITSELF}`,
  ],
  [
    'a ZIP with many files',
    'a.zip',
    () => lotsOf(10_001),
    `holds more than the 10000 files that are read${ITSELF}`,
  ],
  [
    'many files in inner ZIPs',
    'a.zip',
    () => zip({ 'a.zip': lotsOf(5000), 'b.zip': lotsOf(5000) }),
    `holds more than the 10000 files that are read${ITSELF}`,
  ],
  [
    'ZIPs in each other',
    'a.zip',
    () => zip({ 'b.zip': zip({ 'c.zip': zip({ 'd.txt': 'deep' }) }) }),
    'holds nothing that can be read: b.zip/c.zip/d.txt stands in an archive in an archive in an archive: unpack the outer ones.',
  ],
])('%s: a sentence says what is wrong and what to do', async (_, name, bytesOf, message) => {
  const error = await parse({ name, bytes: bytesOf() }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnreadableDocument);
  expect(error).toMatchObject({ message });
});
