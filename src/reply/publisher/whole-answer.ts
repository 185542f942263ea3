import type { Outcome, ReplyFile } from '../../view.ts';

/** All of an answer that is too long for messages, as a Markdown file. */
export function wholeAnswer(markdown: string): ReplyFile {
  return { id: 'whole-answer', name: 'answer.md', bytes: new TextEncoder().encode(markdown) };
}

/** An outcome that says where the rest of the answer is. */
export function withNotice(outcome: Outcome, { length }: string): Outcome {
  const characters = length.toLocaleString('en');
  const notice = `The answer is too long to be shown here (${characters} characters): all of it is in the file answer.md.`;
  if (outcome.status === 'completed') return { ...outcome, notice };
  return outcome.status === 'failed' ? { ...outcome, error: `${outcome.error} ${notice}` } : outcome;
}
