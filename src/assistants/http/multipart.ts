/** More fields than any request of the API has. */
const MOST_FIELDS = 100;

/** A field's headers are its name and a file's, of which no system takes as much. */
const MOST_HEADER_BYTES = 16 * 1024;

/** A field that is no file is a word or a number. */
const MOST_TEXT_BYTES = 16 * 1024;

/** A field of a form; a file's bytes are those of the body, and not a copy. */
export interface FormField {
  name: string;
  /** Of a file. */
  filename?: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The fields of a `multipart/form-data` body, which the platform's own `formData()` would copy several times in one go.
 * Undefined for what is none, and for what has too much of something, which is seen before that is read.
 * https://www.rfc-editor.org/rfc/rfc7578
 * @param excess Hears what it has too much of, as the end of a sentence.
 */
export function formFields(
  contentType: string,
  body: Uint8Array<ArrayBuffer>,
  excess: (what: string) => undefined = () => undefined,
): FormField[] | undefined {
  const boundary = boundaryIn(contentType);
  if (boundary === undefined) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first one may stand at the very beginning, without a line's end before it.
  const first = delimiter.subarray(2);
  let at = bytes.indexOf(first);
  if (at < 0 || (at > 0 && bytes.toString('latin1', Math.max(0, at - 2), at) !== '\r\n')) return undefined;
  at += first.length;
  const fields: FormField[] = [];
  while (!startsWith(bytes, at, '--')) {
    const from = bytes.indexOf('\r\n', at);
    const headersEnd = from < 0 ? -1 : bytes.indexOf('\r\n\r\n', from);
    const end = headersEnd < 0 ? -1 : bytes.indexOf(delimiter, headersEnd + 2);
    if (end < 0) return undefined;
    if (fields.length === MOST_FIELDS) return excess(`more than ${MOST_FIELDS} fields`);
    if (headersEnd - from > MOST_HEADER_BYTES) return excess('a name that is too long');
    const field = namedIn(bytes.toString('utf8', from + 2, headersEnd));
    if (!field) return undefined;
    const content = body.subarray(Math.min(headersEnd + 4, end), end);
    if (field.filename === undefined && content.length > MOST_TEXT_BYTES)
      return excess(`more than ${MOST_TEXT_BYTES} bytes in a field that is no file`);
    fields.push({ ...field, bytes: content });
    at = end + delimiter.length;
  }
  return fields;
}

function startsWith(bytes: Buffer, at: number, text: string): boolean {
  return bytes.toString('latin1', at, at + text.length) === text;
}

function boundaryIn(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType)) return undefined;
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

/** What the headers call the field, and the file. */
function namedIn(headers: string): Omit<FormField, 'bytes'> | undefined {
  const [, disposition] = CONTENT_DISPOSITION.exec(headers) ?? [];
  if (disposition === undefined) return undefined;
  const parameters = new Map(
    Array.from(
      disposition.matchAll(PARAMETER),
      ([, key = '', quoted, unescaped, plain = '']): [string, string] => [
        key.toLowerCase(),
        quoted === undefined ? ((unescaped && decoded(unescaped)) ?? plain) : unquoted(quoted),
      ],
    ),
  );
  const name = parameters.get('name');
  const filename = extended(parameters.get('filename*')) ?? parameters.get('filename');
  return name === undefined ? undefined : { name, ...(filename !== undefined && { filename }) };
}

/** A line ends with CRLF and nothing else, such as a line separator of Unicode in a name. */
const CONTENT_DISPOSITION = /(?:^|\r\n)content-disposition:[ \t]*form-data[ \t]*(;[^\r\n]*)/i;

/** One after the other: what stands in quotes is no further one. */
const PARAMETER = /;\s*([\w-]+\*?)=(?:"((?:[^"\\]|\\[\s\S])*)"(?=\s*(?:;|$))|"([^"]*)"|([^;"\s]*))\s*/gy;

/** Browsers write `%22` for a quote and leave a backslash as it is; others write `\"` and `\\`. */
function unquoted(text: string): string {
  return decoded(text.replace(/\\(["\\])/g, '$1'));
}

function decoded(text: string): string {
  return text.replace(/%(?:0A|0D|22)/gi, (one) => decodeURIComponent(one));
}

/** https://www.rfc-editor.org/rfc/rfc5987 */
function extended(text: string | undefined): string | undefined {
  const [, encoded] = /^utf-8'[^']*'(.*)$/i.exec(text ?? '') ?? [];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
