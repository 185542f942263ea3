import type { Equation } from './equation.ts';
import { type Expression, toPython, unknownsOf } from './expression.ts';

/** Python that solves a linear equation in one unknown with exact fractions and prints `x = …`, or why it can't. */
export function equationCode({ source, left, right, unknowns: [x = 'x'] }: Equation): string {
  return [
    'from fractions import Fraction',
    '',
    `# ${source.replaceAll(/\s+/g, ' ')}`,
    `def left(${x}):`,
    `    return ${exact(left)}`,
    '',
    `def right(${x}):`,
    `    return ${exact(right)}`,
    '',
    `# Both sides are linear, so their difference is slope * ${x} + offset.`,
    'offset = left(Fraction(0)) - right(Fraction(0))',
    'slope = left(Fraction(1)) - right(Fraction(1)) - offset',
    '',
    'if slope != 0:',
    `    print("${x} =", -offset / slope)`,
    'elif offset == 0:',
    `    print("${EVERY_NUMBER}")`,
    'else:',
    `    print("${NO_NUMBER}")`,
  ].join('\n');
}

const EVERY_NUMBER = 'every number is a solution';
const NO_NUMBER = 'there is no solution';

/** What the Python above printed. */
export type Solution = { kind: 'one'; value: string } | { kind: 'every' } | { kind: 'none' };

/** Reads the solution out of a tool's output; undefined when the code did not come to its end. */
export function solutionIn(output: string, { unknowns: [x = 'x'] }: Equation): Solution | undefined {
  const lines = output.split('\n').map((line) => line.trim());
  const value = lines.find((line) => line.startsWith(`${x} = `))?.slice(x.length + 3);
  if (value) return { kind: 'one', value };
  if (lines.includes(EVERY_NUMBER)) return { kind: 'every' };
  return lines.includes(NO_NUMBER) ? { kind: 'none' } : undefined;
}

/** A side without the unknown must be a fraction too, or a division in it would be lost. */
function exact(side: Expression): string {
  return unknownsOf(side).size > 0 ? toPython(side) : `Fraction(${toPython(side)})`;
}
