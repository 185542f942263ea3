import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formFields } from '../../../src/assistants/http/multipart.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** As a client writes it: with its content type. */
async function written(form: FormData): Promise<[string, Uint8Array<ArrayBuffer>]> {
  const response = new Response(form);
  return [response.headers.get('content-type') ?? '', new Uint8Array(await response.arrayBuffer())];
}

test('any form of the platform is read as it was meant, and no byte is copied', async () => {
  // Line ends are normalised by whoever writes the form.
  const word = fc.string({ unit: 'grapheme', minLength: 1 }).map((one) => one.replace(/[\r\n]/g, ''));
  const content = fc.oneof(
    fc.uint8Array(),
    fc
      .constantFrom('\r\n--', '--\r\n', '\r\n\r\n', '\r\n------', '')
      .map((one) => new TextEncoder().encode(one)),
  );
  const field = fc.record({ name: word, filename: fc.option(word), bytes: content });
  await fc.assert(
    fc.asyncProperty(fc.array(field, { maxLength: 5 }), async (fields) => {
      const form = new FormData();
      for (const { name, filename, bytes } of fields) {
        const file = new File([new Uint8Array(bytes)], filename ?? '');
        if (filename === null) form.append(name, 'a text');
        else form.append(name, file);
      }
      const [type, body] = await written(form);
      const read = formFields(type, body) ?? [];
      expect(
        read.map(({ name, filename, bytes }) => [name, filename, Buffer.from(bytes).toString('hex')]),
      ).toEqual(
        fields.map(({ name, filename, bytes }) =>
          filename === null
            ? [name.toWellFormed(), undefined, Buffer.from('a text').toString('hex')]
            : [name.toWellFormed(), filename.toWellFormed(), Buffer.from(bytes).toString('hex')],
        ),
      );
      expect(read.every(({ bytes }) => bytes.buffer === body.buffer)).toBe(true);
    }),
    { examples: [[[{ name: 'a\\', filename: '"\\', bytes: new Uint8Array() }]]] },
  );
});

const form = (...lines: string[]) => new Uint8Array(new TextEncoder().encode(lines.join('\r\n')));

test.each([
  ['plain', 'filename="a b.txt"', 'a b.txt'],
  ['escaped', 'filename="a \\"b\\" \\\\.txt"', 'a "b" \\.txt'],
  ['a folder of Windows', 'filename="C:\\data\\"', 'C:\\data\\'],
  ['a path of Windows', 'filename="C:\\data\\b.txt"', 'C:\\data\\b.txt'],
  ['without quotes', 'filename=b.txt', 'b.txt'],
  ['extended', `filename="_.txt"; filename*=UTF-8''%C3%BCber%20b.txt`, 'über b.txt'],
  ['with another parameter in it', 'filename="a; name=\\"b\\".txt"', 'a; name="b".txt'],
])('a file name that is %s', (_, parameter, filename) => {
  const body = form(
    'a preamble, which is skipped',
    '--x',
    'Content-Type: text/plain',
    `content-disposition: form-data; name="file"; ${parameter}`,
    '',
    'one',
    '--x--',
    'an epilogue, too',
  );
  const [field] = formFields('multipart/form-data; charset=utf-8; boundary="x"', body) ?? [];
  expect(field && { ...field, bytes: text(field.bytes) }).toEqual({ name: 'file', filename, bytes: 'one' });
});

test.each([
  [
    'no multipart',
    'application/json',
    form('--x', 'content-disposition: form-data; name="a"', '', 'b', '--x--'),
  ],
  ['without a boundary', 'multipart/form-data', form('--x--')],
  ['of another boundary', 'multipart/form-data; boundary=y', form('--x--')],
  ['empty', 'multipart/form-data; boundary=x', form('')],
  [
    'cut in its headers',
    'multipart/form-data; boundary=x',
    form('--x', 'content-disposition: form-data; na'),
  ],
  [
    'cut in a field',
    'multipart/form-data; boundary=x',
    form('--x', 'content-disposition: form-data; name="a"', '', 'b'),
  ],
  [
    'without a name',
    'multipart/form-data; boundary=x',
    form('--x', 'content-disposition: form-data', '', 'b', '--x--'),
  ],
  [
    'of more fields than any',
    'multipart/form-data; boundary=x',
    form(
      ...Array.from({ length: 101 }, () => [
        '--x',
        'content-disposition: form-data; name="a"',
        '',
        'b',
      ]).flat(),
      '--x--',
    ),
  ],
])('a form that is %s is none', (_, type, body) => {
  expect(formFields(type, body)).toBeUndefined();
});
