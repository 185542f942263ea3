/** A line of a PDF: its text, and how high its letters are, in points. */
export type PdfLine = string | [text: string, size: number];

/** A PDF with these pages, written by hand. */
export function pdf(...pages: PdfLine[][]): Uint8Array {
  return pdfOf(pages.map((lines) => Buffer.from(contentOf(lines))));
}

const HELVETICA = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>';

/** A font of Acrobat's time, whose letters only a character map of Adobe's explains. */
export function oldFont(encoding: string, collection: string): string {
  return `<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /${encoding} /DescendantFonts [
<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3
/CIDSystemInfo << /Registry (Adobe) /Ordering (${collection}) /Supplement 2 >>
/FontDescriptor << /Type /FontDescriptor /FontName /HeiseiMin-W3 /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0
/Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >> >>] >>`;
}

export interface PdfParts {
  /** Of each page's stream. */
  filter?: string;
  /** What the pages' text is written in. */
  font?: string;
  /** How often each page comes. */
  times?: number;
  /** What stands in its trailer, too. */
  trailer?: string;
}

/** A PDF whose pages are drawn by these streams. */
export function pdfOf(
  streams: Uint8Array[],
  { filter = '', font = HELVETICA, times = 1, trailer = '' }: PdfParts = {},
): Uint8Array {
  const kids = streams.flatMap((_, at) => Array(times).fill(`${4 + at * 2} 0 R`));
  const objects: Buffer[] = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${kids.length} >>`,
    font,
  ].map((text) => Buffer.from(text));
  streams.forEach((stream, at) => {
    objects.push(
      Buffer.from(
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${5 + at * 2} 0 R /Resources << /Font << /F 3 0 R /G ${HELVETICA} >> >> >>`,
      ),
      Buffer.concat([
        Buffer.from(`<< /Length ${stream.length} ${filter && `/Filter ${filter}`} >>\nstream\n`),
        stream,
        Buffer.from('\nendstream'),
      ]),
    );
  });
  return file(objects, trailer);
}

function contentOf(lines: PdfLine[]): string {
  let y = 740;
  const drawn = lines.map((line) => {
    const [text, size] = typeof line === 'string' ? [line, 10] : line;
    y -= size * 1.3 + (text ? 0 : 20);
    return `BT /F ${size} Tf 1 0 0 1 72 ${y} Tm (${text.replace(/[()\\]/g, '\\$&')}) Tj ET`;
  });
  return drawn.join('\n');
}

function file(objects: Buffer[], trailer: string): Uint8Array {
  const parts = [Buffer.from('%PDF-1.7\n')];
  const offsets: number[] = [];
  let at = parts[0]?.length ?? 0;
  objects.forEach((object, index) => {
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    offsets.push(at);
    parts.push(part);
    at += part.length;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  parts.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${at}\n%%EOF`,
    ),
  );
  return Buffer.concat(parts);
}
