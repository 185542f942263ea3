import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Problem } from '../../problem.ts';

/** A question whose answer is known to stand in some documents. */
export interface Question {
  question: string;
  /** The documents: their paths, or the ends of them. */
  sources: string[];
  answer?: string;
}

const line = z.object({
  question: z.string().trim().min(1),
  sources: z.array(z.string().trim().min(1)).min(1),
  answer: z.string().exactOptional(),
});

/** So many mistakes are told; whoever has made more has made the same one everywhere. */
const MOST_TOLD = 10;

/** Reads a file of JSON lines, and what tells its content from another's. Throws a `Problem` that lists every mistake. */
export async function readQuestions(file: string): Promise<{ questions: Question[]; id: string }> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new Problem(`${file} cannot be read: ${error.message}.`, { cause: error });
  });
  const questions: Question[] = [];
  const mistakes: string[] = [];
  for (const [at, written] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (written.trim() === '') continue;
    const { data, success } = line.safeParse(parsed(written));
    if (success) questions.push(data);
    else
      mistakes.push(
        `${file}, line ${at + 1}: write {"question": "…", "sources": ["a file", …]}, with an "answer" if you like.`,
      );
  }
  if (mistakes.length === 0 && questions.length === 0) mistakes.push(`${file} holds no questions.`);
  if (mistakes.length > 0) throw new Problem(mistakes.slice(0, MOST_TOLD).join('\n'));
  return { questions, id: createHash('sha256').update(JSON.stringify(questions)).digest('hex') };
}

function parsed(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return undefined;
  }
}
