import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodeArgument } from '../../../src/assistants/runs/loop/code-argument.ts';

/** Feeds the arguments in pieces of the given lengths, and returns what was shown and what was kept. */
function decode(args: string, lengths: number[] = [args.length]) {
  const argument = new CodeArgument();
  let shown = '';
  let at = 0;
  for (const length of lengths) {
    shown += argument.push(args.slice(at, at + length));
    at += length;
  }
  shown += argument.push(args.slice(at));
  shown += argument.end();
  return { shown, kept: argument.code };
}

const lengths = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 200 });
const anyText = fc.string({ unit: 'binary' });
const otherKeys = fc.dictionary(
  anyText.filter((key) => key !== 'code'),
  fc.jsonValue(),
);

describe('the code in the arguments of a call', () => {
  test('is what JSON.parse finds, however the arguments are cut and whatever stands around it', () => {
    fc.assert(
      fc.property(otherKeys, anyText, otherKeys, lengths, fc.boolean(), (before, code, after, cuts, wide) => {
        const args = JSON.stringify({ ...before, code, ...after }, null, wide ? 2 : 0);
        const parsed: unknown = JSON.parse(args).code;
        expect(decode(args, cuts)).toEqual({ shown: parsed, kept: parsed });
      }),
      { numRuns: 1_000 },
    );
  });

  test('may be spelled with escapes for every character', () => {
    fc.assert(
      fc.property(anyText, lengths, (code, cuts) => {
        const escaped = code.replace(
          /[\s\S]/g,
          (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
        expect(decode(`{"\\u0063ode":"${escaped}"}`, cuts).kept).toBe(code);
      }),
    );
  });

  test('comes out while it is still being written', () => {
    const argument = new CodeArgument();
    expect(argument.push('{"co')).toBe('');
    expect(argument.push('de": "print(')).toBe('print(');
    expect(argument.push('1)\\')).toBe('1)');
    expect(argument.push('nx')).toBe('\nx');
    expect(argument.code).toBe('print(1)\nx');
  });

  test.each([
    ['bare Python', 'print("a")\nprint({})', 'print("a")\nprint({})'],
    ['bare Python that begins like an object', '{1, 2} | {3}', '{1, 2} | {3}'],
    ['bare Python that begins with a docstring', '"""Adds."""\n1 + 1', '"""Adds."""\n1 + 1'],
    ['a bare JSON string', '  "print(1)\\nprint(2)"', 'print(1)\nprint(2)'],
    ['raw line breaks inside the string', '{"code": "a = 1\nb = 2"}', 'a = 1\nb = 2'],
    ['arguments that were cut off', '{"code": "print(1)\\nprin', 'print(1)\nprin'],
    ['no code at all', '{"other": "x"}', ''],
    ['code that is no text', '{"code": 12}', ''],
    ['the key inside another value', '{"a": {"code": "no"}, "b": ["code", "no"], "code": "yes"}', 'yes'],
    ['nothing', '', ''],
    ['only blanks', ' \n ', ''],
  ])('is found in %s', (_name, args, code) => {
    for (const cut of [1, 3, args.length]) {
      const cuts = Array.from({ length: args.length }, () => cut);
      expect(decode(args, cuts)).toEqual({ shown: code, kept: code });
    }
  });
});
