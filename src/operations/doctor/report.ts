import { styleText } from 'node:util';
import { Problem } from '../../problem.ts';
import { broken, type Finding, type Section, type State } from './finding.ts';

const MARKS: Readonly<Record<State, string>> = { well: '✓', limited: '!', broken: '✗', unknown: '?' };

const COLOURS = { well: 'green', limited: 'yellow', broken: 'red', unknown: 'cyan' } as const;

/** What would move the cursor, or be read as something else than it is: names and answers come from others. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Examines one section after the other and prints each finding as soon as it is there, in colours where the stream is a
 * terminal that has them. Says whether nothing is broken.
 * @param redact Takes away from a text what nobody may read.
 */
export async function report(
  sections: readonly Section[],
  stream: NodeJS.WritableStream,
  redact: (text: string) => string,
): Promise<boolean> {
  const found: Finding[] = [];
  for (const section of sections) {
    stream.write(`${styleText('bold', section.title, { stream })}\n`);
    for await (const finding of findings(section)) {
      found.push(finding);
      stream.write(`${line(finding, stream, redact)}\n`);
    }
  }
  stream.write(`\n${summary(found)}\n`);
  return count(found, 'broken') === 0;
}

async function* findings({ examine }: Section): AsyncGenerator<Finding> {
  try {
    yield* examine();
  } catch (error) {
    yield broken(sentenceOf(error));
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  return `This went wrong, and nobody foresaw it: ${error instanceof Error ? error.message : error}`;
}

function line({ state, text }: Finding, stream: NodeJS.WritableStream, redact: (text: string) => string) {
  const mark = styleText(COLOURS[state], MARKS[state], { stream });
  return `  ${mark} ${redact(text).replace(UNSEEN, '').replaceAll('\n', '\n    ')}`;
}

function summary(found: readonly Finding[]): string {
  const [wrong, unseen] = [count(found, 'broken'), count(found, 'unknown')];
  const rest = unseen === 0 ? '' : ` What has a ${MARKS.unknown} could not be checked from here.`;
  if (wrong === 0) return `Nothing is wrong.${rest}`;
  return `Put right what has a ${MARKS.broken}: ${wrong} of ${found.length}.${rest}`;
}

function count(found: readonly Finding[], state: State): number {
  return found.filter((finding) => finding.state === state).length;
}
