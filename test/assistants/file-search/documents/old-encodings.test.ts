import { expect, test } from 'vitest';
import { parse } from '../../../../src/assistants/file-search/documents/parse.ts';
import { oldFont, pdfOf } from './pdf-file.ts';

/** A page of text in each font of the document, written in codes. */
function pages(...codes: string[]): Uint8Array[] {
  return codes.map((hex) => Buffer.from(`BT /F 12 Tf 72 700 Td <${hex}> Tj ET`));
}

// What the codes say was written by another program (Python's codecs).
test.each([
  ['90ms-RKSJ-H', 'Japan1', '938c8b9e967b8ed082cc56504e82cd834a835e834a8369', '東京本社のVPNはカタカナ'],
  ['90msp-RKSJ-V', 'Japan1', '938c8b9e967b8ed0', '東京本社'],
  ['EUC-H', 'Japan1', 'c5ecb5fecbdcbcd2a4ce56504ea4cfa5aba5bfa5aba5ca', '東京本社のVPNはカタカナ'],
  ['H', 'Japan1', '456c357e4b5c3c52244e', '東京本社の'],
  [
    'UniJIS-UTF16-H',
    'Japan1',
    '67714eac672c793e306e00560050004e306f30ab30bf30ab30ca',
    '東京本社のVPNはカタカナ',
  ],
  ['GBK-EUC-H', 'GB1', 'b1b1bea9d7dcb2bfb5c456504ec1acbdd3', '北京总部的VPN连接'],
  ['UniGB-UCS2-H', 'GB1', '53174eac603b90e8768400560050004e8fde63a5', '北京总部的VPN连接'],
  ['GB-H', 'GB1', '31313e29575c323f', '北京总部'],
  ['ETen-B5-H', 'CNS1', 'bb4fa55fc160b3a1aaba56504eb373bd75', '臺北總部的VPN連線'],
  ['UniCNS-UTF16-H', 'CNS1', '81fa53177e3d90e8768400560050004e90237dda', '臺北總部的VPN連線'],
  ['KSCms-UHC-H', 'Korea1', 'bcadbfef20babbbbe7c0c72056504e208c63b9e6b0a2c7cf', '서울 본사의 VPN 똠방각하'],
  [
    'UniKS-UCS2-H',
    'Korea1',
    'c11cc6b80020bcf8c0acc758002000560050004e0020b620bc29ac01d558',
    '서울 본사의 VPN 똠방각하',
  ],
])('a PDF whose text is in %s of Adobe-%s is read', async (encoding, collection, codes, text) => {
  const bytes = pdfOf(pages(codes), { font: oldFont(encoding, collection) });
  const { blocks, unread } = await parse({ name: 'a.pdf', bytes });
  expect(blocks.map((block) => block.text).join('')).toBe(text);
  expect(unread).toBeUndefined();
});

test('letters of which only the number in a font of Adobe is known are no text, and are told', async () => {
  const latin = Buffer.from('BT /G 12 Tf 72 700 Td (Read about the connection in the other half.) Tj ET');
  const [numbers] = pages('05b705b805b9');
  const font = oldFont('Identity-H', 'Japan1');
  const bytes = pdfOf([Buffer.concat([latin, Buffer.from('\n'), numbers ?? latin])], { font });
  const { blocks, unread } = await parse({ name: 'a.pdf', bytes });
  expect(blocks.map(({ text }) => text)).toEqual(['Read about the connection in the other half.']);
  expect(unread).toEqual([
    {
      path: 'page 1',
      reason:
        'has text in an old Chinese, Japanese or Korean encoding that cannot be read: save the document as PDF anew.',
    },
  ]);
});
