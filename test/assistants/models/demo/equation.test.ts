import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findEquations } from '../../../../src/assistants/models/demo/equation.ts';
import { equationCode, solutionIn } from '../../../../src/assistants/models/demo/equation-code.ts';
import { python } from '../../code-interpreter/python.ts';

/** A rational number, as numerator and positive denominator in lowest terms. */
type Ratio = readonly [bigint, bigint];

function ratio(numerator: bigint, denominator = 1n): Ratio {
  const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b));
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = gcd(numerator, denominator) * sign;
  return [numerator / divisor, denominator / divisor];
}
const plus = ([a, b]: Ratio, [c, d]: Ratio) => ratio(a * d + c * b, b * d);
const times = ([a, b]: Ratio, [c, d]: Ratio) => ratio(a * c, b * d);
const minus = (a: Ratio, b: Ratio) => plus(a, times([-1n, 1n], b));

/** `slope * x + offset`, and one way to write it; `tight` when a factor may stand before it. */
interface Side {
  text: string;
  tight: boolean;
  slope: Ratio;
  offset: Ratio;
}

const wrap = ({ text, tight }: Side) => (tight ? text : `(${text})`);
const factor = fc.integer({ min: 1, max: 30 });
const minusSign = fc.constantFrom('-', '−', '–');
const timesSign = fc.constantFrom('*', ' * ', '·', ' × ', '', ' ');
const ZERO = ratio(0n);

function sideOf(unknown: string): fc.Arbitrary<Side> {
  const x: Side = { text: unknown, tight: true, slope: ratio(1n), offset: ZERO };
  return fc.letrec<{ side: Side }>((tie) => ({
    side: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      factor.map((n): Side => ({ text: `${n}`, tight: false, slope: ZERO, offset: ratio(BigInt(n)) })),
      factor.map(
        (n): Side => ({ text: `${n}.5`, tight: false, slope: ZERO, offset: ratio(BigInt(n * 2 + 1), 2n) }),
      ),
      factor.map((n): Side => ({ ...x, text: `${n}${unknown}`, tight: false, slope: ratio(BigInt(n)) })),
      fc.tuple(tie('side'), tie('side')).map(
        ([a, b]): Side => ({
          text: `${a.text} + ${b.text}`,
          tight: false,
          slope: plus(a.slope, b.slope),
          offset: plus(a.offset, b.offset),
        }),
      ),
      fc.tuple(tie('side'), tie('side'), minusSign).map(
        ([a, b, sign]): Side => ({
          text: `${a.text} ${sign} (${b.text})`,
          tight: false,
          slope: minus(a.slope, b.slope),
          offset: minus(a.offset, b.offset),
        }),
      ),
      fc.tuple(factor, timesSign, tie('side')).map(
        ([n, sign, a]): Side => ({
          text: `${n}${sign}${wrap(a)}`,
          tight: false,
          slope: times(a.slope, ratio(BigInt(n))),
          offset: times(a.offset, ratio(BigInt(n))),
        }),
      ),
      fc.tuple(tie('side'), factor).map(
        ([a, n]): Side => ({
          text: `${wrap(a)}/${n}`,
          tight: false,
          slope: times(a.slope, ratio(1n, BigInt(n))),
          offset: times(a.offset, ratio(1n, BigInt(n))),
        }),
      ),
    ),
  })).side;
}

const equation = fc
  .constantFrom('x', 'y', 'n', 'a', 'α')
  .chain((unknown) =>
    fc.record({ unknown: fc.constant(unknown), left: sideOf(unknown), right: sideOf(unknown) }),
  )
  .filter(
    ({ unknown, left, right }) =>
      `${left.text}${right.text}`.includes(unknown) && left.text.length + right.text.length < 60,
  );

function expected({ unknown, left, right }: { unknown: string; left: Side; right: Side }): string {
  const slope = minus(left.slope, right.slope);
  const offset = minus(right.offset, left.offset);
  if (slope[0] === 0n) return offset[0] === 0n ? 'every' : 'none';
  const [p, q] = times(offset, ratio(slope[1], slope[0]));
  return `${unknown} = ${p}${q === 1n ? '' : `/${q}`}`;
}

describe('the Python that the demo writes', () => {
  const sandbox = python();
  afterAll(() => sandbox.close());
  const run = async (code: string) => (await sandbox.tell(code)).output;

  it('solves every linear equation exactly, whatever prose stands around it', async () => {
    const prose = fc.constantFrom(
      ['', ''],
      ['Solve: ', '.'],
      ['I need to solve `', '`. Can you help me?'],
      ['What is the solution of (', ')?'],
    );
    await fc.assert(
      fc.asyncProperty(equation, prose, async (given, [before, after]) => {
        const source = `${given.left.text} = ${given.right.text}`;
        const found = findEquations(`${before}${source}${after} And ${given.unknown} is what? Solve it.`);
        expect(found.map((each) => each.source)).toEqual([source]);
        const [first] = found;
        if (!first) throw new Error('unreachable');
        const solution = solutionIn(await run(equationCode(first)), first);
        const told = solution?.kind === 'one' ? `${given.unknown} = ${solution.value}` : solution?.kind;
        expect(told).toBe(expected(given));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['3x + 11 = 14', '1'],
    ['2(x-3) = 5x + 1', '-7/3'],
    ['x/2 - 3 = 0.5', '7'],
    ['7 = 2 y', '7/2'],
    ['−3·z + 0,5 = 2', '-1/2'],
    ['2^3 x = 2**-1', '1/16'],
    ['1/2x = 3', '6'],
    ['1,000 = 10t', '100'],
  ])('solves %s', async (source, value) => {
    const [found] = findEquations(source);
    expect(found?.source).toBe(source);
    expect(found && solutionIn(await run(equationCode(found)), found)).toEqual({ kind: 'one', value });
  });
});

describe('the equation finder', () => {
  it.each([
    ['I need to solve the equation `3x + 11 = 14`. Can you help me?', '3x + 11 = 14'],
    ['is 3x + 11 = 14 a good equation?', '3x + 11 = 14'],
    ['Solve this - 3x + 11 = 14', '3x + 11 = 14'],
    ['- 2x = 4', '2x = 4'],
    ['It says **2x = 6**, then.', '2x = 6'],
    ['solve x = 3 + 4', 'x = 3 + 4'],
    ['\\(3x = 6\\) or $x$', '3x = 6'],
    ['Solve x^2 = 4', 'x^2 = 4'],
    ['solve 2x + 3y = 7', '2x + 3y = 7'],
    ['solve 2 x = 3 y', '2 x = 3 y'],
    ['My equation (3x + 1 = 4) is hard', '3x + 1 = 4'],
    ['Am I right that I 2x = 4 have?', '2x = 4'],
  ])('finds the equation in %j', (text, source) => {
    expect(findEquations(text).map((each) => each.source)).toEqual([source]);
  });

  it.each([
    'a = b',
    'set x = 5 in the config',
    'the loop does i = i + 1',
    'https://example.org/?a=1&b=2x',
    '1 + 1 = 2',
    'f(x) = 2x + 1',
    'if 2x == 4 or 2x >= 4 or 2x != 4',
    'name=Ada, width=100',
    'E = mc2',
    '2x = 3y',
    '2 x = 3 y',
    'solve 2x = 4 = y + 1',
    'ab*x + 1 = 4',
    '=',
  ])('finds none in %j', (text) => {
    expect(findEquations(text)).toEqual([]);
  });

  it('is quick with a message of 1 MB', () => {
    expect(findEquations('1=x='.repeat(250_000))).toEqual([]);
    expect(findEquations(`${'('.repeat(500_000)}=${')'.repeat(500_000)}`)).toEqual([]);
  });

  it('never fails, whatever the text', () => {
    const pieces = fc.array(
      fc.constantFrom('x', '2', '(', ')', '=', '+', '-', '*', '/', '^', '²', ' ', 'a', 'word', '.', '\uD800'),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        for (const { source } of findEquations(text)) expect(text).toContain(source);
      }),
      { numRuns: 1000 },
    );
  });
});
