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
/** Without the key that fast-check likes best of those which may hold the code, too. */
const otherKeys = fc.dictionary(
  anyText.filter((key) => key !== 'code' && key !== 'arguments'),
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

  test('is what there is of it where the arguments break off, before the code has begun, too', () => {
    const args = JSON.stringify({ code: JSON.stringify({ code: 'print(1)' }) });
    for (let length = 0; length <= args.length; length++) {
      const { shown, kept } = decode(args.slice(0, length));
      expect(shown).toBe(kept);
    }
    expect(decode('{"code":').kept).toBe('{"code":');
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

  test.each<[string, (code: string) => string]>([
    ['JSON in a JSON string', (code: string) => JSON.stringify(JSON.stringify({ code }))],
    ['JSON under its key', (code: string) => JSON.stringify({ code: JSON.stringify({ code }) })],
    ['JSON of another call', (code: string) => JSON.stringify({ name: 'python', arguments: { code } })],
    ['a list of lines', (code: string) => JSON.stringify({ code: code.split('\n') }, null, 1)],
    ['a list of whole lines', (code: string) => JSON.stringify({ code: code.match(/.*\n|.+$/g) ?? [] })],
    ['a bare list of lines', (code: string) => JSON.stringify(code.split('\n'))],
    ['a list under another key', (code: string) => JSON.stringify({ source: code.split('\n') })],
    ['the key python', (code: string) => JSON.stringify({ language: 'x', python: code })],
    ['the key input', (code: string) => JSON.stringify({ input: code })],
    ['a fence', (code: string) => JSON.stringify({ code: `\`\`\`python\n${code}\n\`\`\`` })],
    ['a bare fence', (code: string) => `\n\`\`\`\n${code}\n\`\`\`\n`],
    ['a fence of four', (code: string) => JSON.stringify(`\`\`\`\`py\n${code}\n\`\`\`\`\nThis prints it.`)],
    ['a fence of tildes', (code: string) => JSON.stringify({ input: `~~~ python3\n${code}\n~~~` })],
    ['a fence without an end', (code: string) => JSON.stringify({ code: `\`\`\`python\n${code}` })],
    [
      'a fence that ends on its last line',
      (code: string) => JSON.stringify({ code: `\`\`\`python\n${code}\`\`\`` }),
    ],
    [
      'a fence in JSON in a string',
      (code: string) => JSON.stringify(JSON.stringify({ code: `\`\`\`\n${code}\n\`\`\`` })),
    ],
  ])('is found in %s, however it is cut', (_, wrap) => {
    const line = fc.constantFrom(
      'print(1)',
      'x = "\\n"',
      'if x:',
      '    y = {"code": [1]}',
      '',
      '# `a` "b" ~',
      'é🧵',
    );
    const program = fc
      .array(line, { minLength: 1, maxLength: 6 })
      .map((lines) => `z = 1\n${lines.join('\n')}\nz`);
    fc.assert(
      fc.property(program, lengths, (code, cuts) => {
        expect(decode(wrap(code), cuts)).toEqual({ shown: code, kept: code });
      }),
    );
  });

  test('may write Markdown itself, inside of a fence', () => {
    const code = 'text = """\n```\na\n```\n"""\nprint(text)';
    const args = JSON.stringify({ code: `\`\`\`python\n${code}\n\`\`\`\nIt prints a block.` });
    fc.assert(
      fc.property(lengths, (cuts) => {
        expect(decode(args, cuts).kept).toBe(code);
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
    ['code in backticks', '{"code": "`print(1)`"}', 'print(1)'],
    ['a fence on one line', '{"code": "```python print(1)```"}', 'print(1)'],
    ['code that begins on the line of its fence', '```print(1)\nprint(2)```', 'print(1)\nprint(2)'],
    ['the key source', '{"source": "1"}', '1'],
    ['the key script', '{"a": 1, "script": "1"}', '1'],
    ['an empty fence', '```python\n```', ''],
    ['an empty code beside another key', '{"code": "", "python": "1"}', '1'],
    ['another key with raw line breaks', '{"python": "a = 1\nb = 2"}', 'a = 1\nb = 2'],
    ['a list with empty lines', '{"code": ["a", "", "", "b"]}', 'a\n\n\nb'],
    ['a bare list of numbers', '[1, 2]', '[1, 2]'],
    ['a bare list comprehension', '[x for x in "ab"]', '[x for x in "ab"]'],
    ['a bare dictionary', '{"a": 1}["a"]', '{"a": 1}["a"]'],
    ['a dictionary as code', '{"code": "{\\"a\\": 1}"}', '{"a": 1}'],
    ['a string as code', '{"code": "\\"a\\""}', '"a"'],
    ['an inverted number', '{"code": "~~1"}', '~~1'],
    ['arguments with a marker behind them', '{"code": "1"}<|call|>', '1'],
    ['nothing', '', ''],
    ['only blanks', ' \n ', ''],
  ])('is found in %s', (_name, args, code) => {
    for (const cut of [1, 3, args.length]) {
      const cuts = Array.from({ length: args.length }, () => cut);
      expect(decode(args, cuts)).toEqual({ shown: code, kept: code });
    }
  });
});
