import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, type Heard, PythonCall } from '../../../src/assistants/code-interpreter/python-call.ts';

const LIMITS = { filesOut: 2, filesOutBytes: 100 };
const BROKEN = { type: 'dead', reason: 'crash' };

function frame(header: Frame['header'], body = ''): Frame {
  return { header, body: Buffer.from(body) };
}

/** A call, and what it printed. */
function begin() {
  const printed: string[] = [];
  const call = new PythonCall(LIMITS, (bytes) => printed.push(Buffer.from(bytes).toString()));
  const hear = (type: string, rest: object = {}, body = '', secret = call.secret): Heard =>
    call.hear(frame({ type, secret, ...rest }, body));
  return { call, printed, hear };
}

describe('a call', () => {
  it('is over when its end is confirmed with a secret that was not known before, and not when it is told', () => {
    const { call, printed, hear } = begin();
    const first = call.secret;
    expect(hear('output', {}, 'one')).toEqual({ type: 'goes on' });
    expect(hear('file', { name: 'a.txt' }, 'x')).toEqual({ type: 'goes on' });
    const asked = hear('done', { left: ['b'], leftCount: 1, bytes: 3, lines: 1 });
    expect(asked).toEqual({ type: 'ask whether it is over', secret: call.secret });
    expect(call.secret).not.toBe(first);
    expect(hear('over')).toMatchObject({
      type: 'done',
      files: [{ name: 'a.txt' }],
      left: { names: ['b'], count: 1 },
      printed: { bytes: 3, lines: 1 },
    });
    expect(printed).toEqual(['one']);
  });

  const TYPES = ['output', 'file', 'done', 'over', 'broken', 'ready', 'constructor', ''];

  it('takes no frame without its secret, whatever it says and whenever it comes', () => {
    const step = fc.record({ type: fc.constantFrom(...TYPES), name: fc.string(), body: fc.string() });
    const forged = fc.oneof(fc.string(), fc.constantFrom(undefined, null, 0, true, ['']));
    fc.assert(
      fc.property(
        step,
        forged,
        fc.constantFrom('begun', 'told', 'done'),
        ({ type, name, body }, secret, when) => {
          const { call, printed, hear } = begin();
          const earlier = new PythonCall(LIMITS, () => {}).secret;
          if (when !== 'begun') hear('output', {}, 'mine');
          const before = call.secret;
          if (when === 'done') hear('done');
          const told = [...printed];
          for (const other of [secret, earlier, when === 'done' ? before : before.slice(1)])
            expect(call.hear(frame({ type, name, secret: other }, body))).toEqual(BROKEN);
          expect(printed).toEqual(told);
        },
      ),
    );
  });

  it.each(TYPES.filter((type) => type !== 'over'))('hears no "%s" once its end was told', (type) => {
    const { hear } = begin();
    hear('done');
    expect(hear(type)).toEqual(BROKEN);
  });

  it('is broken by more files than it may hand back, and by an answer that nobody asked for', () => {
    const many = begin();
    for (const name of ['a', 'b']) expect(many.hear('file', { name })).toEqual({ type: 'goes on' });
    expect(many.hear('file', { name: 'c' })).toEqual(BROKEN);
    expect(begin().hear('file', { name: 'big' }, 'x'.repeat(101))).toEqual(BROKEN);
    expect(begin().hear('over')).toEqual(BROKEN);
  });
});
