import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameDecoder } from '../../../src/assistants/code-interpreter/child/frames.js';

const frames = fc.array(fc.record({ name: fc.string(), body: fc.uint8Array({ maxLength: 300 }) }));

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(({ name, body }) => encodeFrame({ type: 'file', name }, body)));
        const decoder = new FrameDecoder(300);
        const received = [];
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const end = at + (cuts[cut % cuts.length] ?? 1);
          received.push(...decoder.push(bytes.subarray(at, end)));
          at = end;
        }
        expect(
          received.map(({ header, body }) => ({ name: header.name, body: Uint8Array.from(body) })),
        ).toEqual(sent.map(({ name, body }) => ({ name, body })));
      }),
    );
  });

  it.each([
    ['has a body that is too long', encodeFrame({ type: 'file' }, new Uint8Array(301))],
    ['has a header that is too long', encodeFrame({ type: 'x'.repeat(2 ** 20) })],
    ['has no type', Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')])],
    ['is text', Buffer.from('Traceback (most recent call last):')],
  ])('are refused when one %s', (_, bytes) => {
    expect(() => new FrameDecoder(300).push(bytes)).toThrow();
  });
});
