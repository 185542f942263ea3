import { strToU8, type Zippable, zipSync } from 'fflate';

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const SLIDE =
  'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"';
const SHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';

/** A ZIP of texts and bytes. */
export function zip(entries: Record<string, string | Uint8Array>): Uint8Array {
  const files: Zippable = {};
  for (const [path, content] of Object.entries(entries)) {
    const bytes = typeof content === 'string' ? strToU8(content) : content;
    // To pack nothing takes the tables of all packing: a second for ten thousand files.
    files[path] = bytes.length === 0 ? [bytes, { level: 0 }] : bytes;
  }
  return zipSync(files, { level: 1 });
}

interface Relationship {
  id: string;
  type: string;
  target: string;
}

function relationships(list: Relationship[]): string {
  const items = list.map(
    ({ id, type, target }) => `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"/>`,
  );
  return `<Relationships xmlns="${PACKAGE}/relationships">${items.join('')}</Relationships>`;
}

function contentTypes(parts: Record<string, string>): string {
  const items = Object.entries(parts).map(
    ([part, type]) =>
      `<Override PartName="/${part}" ContentType="application/vnd.openxmlformats-officedocument.${type}+xml"/>`,
  );
  return `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${items.join('')}</Types>`;
}

const paragraph = (text: string, properties = '') =>
  `<w:p>${properties && `<w:pPr>${properties}</w:pPr>`}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;

export const word = {
  heading: (level: number, text: string) => paragraph(text, `<w:pStyle w:val="Heading${level}"/>`),
  text: (text: string) => paragraph(text),
  item: (text: string, level = 0) =>
    paragraph(text, `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="1"/></w:numPr>`),
  table: (rows: string[][]) =>
    `<w:tbl>${rows
      .map((row) => `<w:tr>${row.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join('')}</w:tr>`)
      .join('')}</w:tbl>`,
};

/** A document of Word with what `word` makes. */
export function docx(...body: string[]): Uint8Array {
  const styles = [1, 2, 3].map(
    (level) =>
      `<w:style w:type="paragraph" w:styleId="Heading${level}"><w:name w:val="heading ${level}"/></w:style>`,
  );
  return zip({
    '[Content_Types].xml': contentTypes({
      'word/document.xml': 'wordprocessingml.document.main',
      'word/styles.xml': 'wordprocessingml.styles',
      'word/numbering.xml': 'wordprocessingml.numbering',
    }),
    '_rels/.rels': relationships([{ id: 'r1', type: 'officeDocument', target: 'word/document.xml' }]),
    'word/_rels/document.xml.rels': relationships([
      { id: 'r1', type: 'styles', target: 'styles.xml' },
      { id: 'r2', type: 'numbering', target: 'numbering.xml' },
    ]),
    'word/styles.xml': `<w:styles ${WORD}>${styles.join('')}</w:styles>`,
    'word/numbering.xml': `<w:numbering ${WORD}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`,
    'word/document.xml': `<w:document ${WORD}><w:body>${body.join('')}</w:body></w:document>`,
  });
}

export interface Slide {
  title: string;
  body: string;
  notes?: string;
}

const shape = (type: string, text: string) =>
  `<p:sp><p:nvSpPr><p:cNvPr id="2" name="${type}"/><p:cNvSpPr/><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>${text
    .split('\n')
    .map((line) => `<a:p><a:r><a:t>${line}</a:t></a:r></a:p>`)
    .join('')}</p:txBody></p:sp>`;

export function pptx(...slides: Slide[]): Uint8Array {
  const files: Record<string, string> = {};
  slides.forEach(({ title, body, notes }, at) => {
    const n = at + 1;
    files[`ppt/slides/slide${n}.xml`] =
      `<p:sld ${SLIDE}><p:cSld><p:spTree>${shape('title', title)}${shape('body', body)}</p:spTree></p:cSld></p:sld>`;
    if (!notes) return;
    files[`ppt/slides/_rels/slide${n}.xml.rels`] = relationships([
      { id: 'r1', type: 'notesSlide', target: `../notesSlides/notesSlide${n}.xml` },
    ]);
    files[`ppt/notesSlides/notesSlide${n}.xml`] =
      `<p:notes ${SLIDE}><p:cSld><p:spTree>${shape('body', notes)}</p:spTree></p:cSld></p:notes>`;
    files[`ppt/notesSlides/_rels/notesSlide${n}.xml.rels`] = relationships([
      { id: 'r1', type: 'slide', target: `../slides/slide${n}.xml` },
    ]);
  });
  const ids = slides.map((_, at) => `<p:sldId id="${256 + at}" r:id="r${at + 1}"/>`);
  return zip({
    '[Content_Types].xml': contentTypes({
      'ppt/presentation.xml': 'presentationml.presentation.main',
      ...Object.fromEntries(slides.map((_, at) => [`ppt/slides/slide${at + 1}.xml`, 'presentationml.slide'])),
    }),
    '_rels/.rels': relationships([{ id: 'r1', type: 'officeDocument', target: 'ppt/presentation.xml' }]),
    'ppt/presentation.xml': `<p:presentation ${SLIDE} xmlns:r="${OFFICE}"><p:sldIdLst>${ids.join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relationships(
      slides.map((_, at) => ({ id: `r${at + 1}`, type: 'slide', target: `slides/slide${at + 1}.xml` })),
    ),
    ...files,
  });
}

/** One cell of a sheet, such as `B7`. */
export type Cells = Record<string, string | number>;

export function xlsx(sheets: Record<string, Cells>): Uint8Array {
  const names = Object.keys(sheets);
  const parts = names.map((name, at) => [`xl/worksheets/sheet${at + 1}.xml`, sheetXml(sheets[name] ?? {})]);
  const list = names.map((name, at) => `<sheet name="${name}" sheetId="${at + 1}" r:id="r${at + 1}"/>`);
  return zip({
    '[Content_Types].xml': contentTypes({
      'xl/workbook.xml': 'spreadsheetml.sheet.main',
      ...Object.fromEntries(parts.map(([path]) => [path, 'spreadsheetml.worksheet'])),
    }),
    '_rels/.rels': relationships([{ id: 'r1', type: 'officeDocument', target: 'xl/workbook.xml' }]),
    'xl/workbook.xml': `<workbook ${SHEET} xmlns:r="${OFFICE}"><sheets>${list.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relationships(
      names.map((_, at) => ({
        id: `r${at + 1}`,
        type: 'worksheet',
        target: `worksheets/sheet${at + 1}.xml`,
      })),
    ),
    ...Object.fromEntries(parts),
  });
}

function sheetXml(cells: Cells): string {
  const rows = Map.groupBy(Object.entries(cells), ([cell]) => Number(/\d+$/.exec(cell)?.[0]));
  const xml = [...rows].map(([row, entries]) => {
    const columns = entries.map(([cell, value]) =>
      typeof value === 'number'
        ? `<c r="${cell}"><v>${value}</v></c>`
        : `<c r="${cell}" t="inlineStr"><is><t>${value}</t></is></c>`,
    );
    return `<row r="${row}">${columns.join('')}</row>`;
  });
  return `<worksheet ${SHEET}><sheetData>${xml.join('')}</sheetData></worksheet>`;
}
