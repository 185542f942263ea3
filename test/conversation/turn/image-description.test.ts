import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { imageDescription } from '../../../src/conversation/turn/image-description.ts';

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const png = (...chunks: Buffer[]) =>
  Buffer.concat([signature, chunk('IHDR', Buffer.alloc(13)), ...chunks, chunk('IEND', Buffer.alloc(0))]);
const words = (...parts: (string | Buffer)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

const plain = (text: string, keyword = 'Description') =>
  chunk('tEXt', words(keyword, '\0', Buffer.from(text, 'latin1')));
const unicode = (text: string) =>
  chunk('iTXt', words('Description', '\0\0\0', 'en', '\0', 'Beschreibung', '\0', text));
const packed = (text: string) =>
  chunk('iTXt', words('Description', '\0', Buffer.from([1, 0]), '\0\0', deflateSync(text)));
const zipped = (text: string) =>
  chunk('zTXt', words('Description', '\0\0', deflateSync(Buffer.from(text, 'latin1'))));

function jpeg(...segments: [marker: number, data: Buffer][]): Buffer {
  const all = segments.map(([marker, data]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(marker);
    head.writeUInt16BE(data.length + 2, 2);
    return Buffer.concat([head, data]);
  });
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...all, Buffer.from([0xff, 0xda, 0, 2, 1, 2, 3])]);
}

test.each<[string, Uint8Array, string | undefined]>([
  ['a PNG', png(plain('Umsätze')), 'Umsätze'],
  ['a PNG with letters of the world', png(unicode('Приходы – €')), 'Приходы – €'],
  ['a PNG with packed words', png(packed('Приходы')), 'Приходы'],
  ['a PNG with packed words of Latin', png(zipped('Umsätze')), 'Umsätze'],
  ['a PNG with other words, too', png(plain('Matplotlib', 'Software'), plain('Sales')), 'Sales'],
  ['a PNG with words in lines', png(unicode(' Sales\n\tof\u202e 2026\u0000 ')), 'Sales of 2026'],
  ['a PNG with too many words', png(unicode('€'.repeat(1_001))), `${'€'.repeat(999)}…`],
  ['a PNG whose words end within a pair', png(unicode(`${'x'.repeat(998)}😀😀`)), `${'x'.repeat(998)}…`],
  ['a PNG with no words', png(plain('')), undefined],
  ['a PNG without words', png(), undefined],
  ['a PNG with words behind its end', Buffer.concat([png(), plain('Late')]), undefined],
  ['a PNG that is cut', png(unicode('Sales')).subarray(0, 40), undefined],
  ['a PNG whose words unpack to a flood', png(zipped('x'.repeat(1_000_000))), undefined],
  ['a JPEG', jpeg([0xffe0, Buffer.from('JFIF')], [0xfffe, Buffer.from('Umsätze')]), 'Umsätze'],
  ['a JPEG without words', jpeg([0xffe0, Buffer.from('JFIF')]), undefined],
  ['a table', Buffer.from('a,b\n1,2'), undefined],
  ['an empty file', new Uint8Array(), undefined],
])('%s describes itself', (_, bytes, description) => {
  expect(imageDescription(bytes)).toBe(description);
});

test('whatever stands in a file, it is read, and its description is one line that every platform takes', () => {
  const parts = fc.array(
    fc.oneof(fc.uint8Array(), fc.constantFrom(signature, plain('A'), packed('B'), jpeg())),
  );
  fc.assert(
    fc.property(parts, (all) => {
      const description = imageDescription(Buffer.concat([signature, ...all])) ?? 'none';
      expect(description.length).toBeLessThanOrEqual(1_000);
      expect(description).toMatch(/^\P{Cc}+$/u);
    }),
  );
});
