import { APIConnectionError, APIError } from 'openai';
import type { Logger } from '../../log.ts';
import { Problem } from '../../problem.ts';
import { isEmpty, isWordless } from '../../reply/transcript/empty.ts';
import type { Transcript } from '../../reply/transcript/transcript.ts';
import { StoreProblem } from '../../store/store-problem.ts';
import type { Outcome, ReplyFile } from '../../view.ts';

/** How a turn ended, as its run's transcript tells it; `hasFiles` says whether functions gave files for the reply. */
export function endOfRun(transcript: Transcript, hasFiles = false): Outcome {
  switch (transcript.status) {
    case 'completed':
      if (isEmpty(transcript) && !hasFiles) return failed('The model gave an empty answer. Ask again.');
      return { status: 'completed' };
    case 'cancelled':
      return { status: 'stopped' };
    case 'expired':
      if (awaitsWord(transcript)) return failed(NOT_SAID);
      return failed('The answer took too long and was ended. Ask again, or ask for less at once.');
    case 'incomplete':
      return failed('The answer reached the length that is set for it and ends here. Ask for the rest.');
    default:
      return failed(transcript.error ?? 'The answer broke off. Ask again.');
  }
}

const NOT_SAID =
  'Nobody said in time whether that may be done, and an answer can’t wait any longer: it was not done. Ask again, and you are asked anew.';

/** Whether somebody's word on a call was still awaited when the run ended. */
function awaitsWord({ entries }: Transcript): boolean {
  const calls = entries.flatMap((entry) => (entry.type === 'tool_calls' ? entry.tool_calls : []));
  return calls.some((call) => call.type === 'function' && call.approval && !call.approval.decision);
}

/** The same with what is known of the answer's files: an answer of nothing else is none if they can't be had. */
export function withFiles(outcome: Outcome, transcript: Transcript, files: readonly ReplyFile[]): Outcome {
  const isNothing = outcome.status === 'completed' && files.length === 0 && isWordless(transcript);
  return isNothing ? failed('The files of the answer could not be fetched. Ask again.') : outcome;
}

/** So many names of files that are left out are told. */
const MOST_TOLD = 10;

/** The same with what people do not see: files for which there was no room. */
export function withoutFiles(outcome: Outcome, names: readonly string[]): Outcome {
  if (names.length === 0 || outcome.status !== 'completed') return outcome;
  const more = names.length > MOST_TOLD ? ` and ${names.length - MOST_TOLD} more` : '';
  const told = `These files are not attached, because too many bytes came together: ${names.slice(0, MOST_TOLD).join(', ')}${more}.`;
  return { ...outcome, notice: [outcome.notice, told].filter(Boolean).join(' ') };
}

/** A sentence for the person who asked; what it can't say without giving something away stays in the log. */
export function sentenceFor(error: unknown): string {
  if (error instanceof StoreProblem) return error.told;
  if (error instanceof Problem) return error.message;
  if (error instanceof APIConnectionError) {
    return 'The Assistants server could not be reached. Ask again in a moment.';
  }
  if (error instanceof APIError) return messageOf(error);
  return 'Something went wrong here, and the log says what. Ask again.';
}

/** The same in words that people may read; what these leave out is in the log. */
export function inWords(outcome: Outcome, readable: (sentence: string) => string, log: Logger): Outcome {
  if (outcome.status !== 'failed') return outcome;
  const error = readable(outcome.error);
  if (error !== outcome.error)
    log.warn({ reason: outcome.error }, 'an answer failed, and not all of why is told');
  return { ...outcome, error };
}

/** Whether the same may work in a moment: the server, or what it keeps everything in, fails. */
export function isPassing(error: unknown): boolean {
  if (error instanceof APIConnectionError || error instanceof StoreProblem) return true;
  return error instanceof APIError && Number(error.status) >= 500;
}

/** The server's own words, without the status number that the SDK puts before them. */
function messageOf(error: APIError): string {
  const message = (error.error as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : error.message;
}

function failed(error: string): Outcome {
  return { status: 'failed', error };
}
