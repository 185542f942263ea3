import type { Gaps } from '../../knowledge/gaps.ts';
import type { Logger } from '../../log.ts';
import type { IncomingMessage } from '../../platform.ts';
import { isUnanswered } from '../../reply/sources/unanswered.ts';
import type { Transcript } from '../../reply/transcript/transcript.ts';
import type { Questions } from '../questions.ts';

/** Where questions are noted that found no answer. */
export interface GapNotes {
  notes: Pick<Gaps, 'note' | 'takeBack'>;
  questions: Pick<Questions, 'find'>;
}

/** Notes a question that found no answer; one that is answered anew may have found it now. Never rejects. */
export async function noteGap(
  { notes, questions }: GapNotes,
  { conversation, id, regenerate }: IncomingMessage,
  transcript: Transcript,
  log: Logger,
): Promise<void> {
  const isGap = isUnanswered(transcript);
  if (!isGap && !regenerate) return;
  try {
    const question = await questions.find(conversation, id);
    if (!question) return;
    const gap = { ...question, reason: 'not found' as const };
    if (isGap) await notes.note(conversation, gap);
    else await notes.takeBack(conversation, gap);
  } catch (error) {
    log.warn({ err: error, conversation }, 'a question without an answer could not be noted');
  }
}
