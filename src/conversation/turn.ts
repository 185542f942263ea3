import type { OpenAI } from 'openai';
import type { RunCreateParamsBase } from 'openai/resources/beta/threads/runs/runs';
import type { Logger } from '../log.ts';
import type { IncomingMessage, Outcome, Reply } from '../platform.ts';
import { Publisher } from '../reply/publisher.ts';
import type { ReplyStyle } from '../reply/render.ts';
import { emptyTranscript, fold } from '../reply/transcript.ts';
import { describeAskers } from './askers.ts';
import { endOfRun, sentenceFor } from './outcome.ts';
import type { RunThread } from './run.ts';
import type { ThreadMap } from './thread-map.ts';

/** The Assistants API's limit on one message, in UTF-16 code units. */
const LONGEST_MESSAGE = 256_000;

/** What every turn needs. */
export interface TurnParts {
  client: OpenAI;
  threads: ThreadMap;
  runThread: RunThread;
  /** The same for every run: the assistant, and what only a run can be told. */
  runSettings: Pick<RunCreateParamsBase, 'assistant_id' | 'max_completion_tokens' | 'max_prompt_tokens'>;
  style: ReplyStyle;
  log: Logger;
}

/** One pass of queued messages through one run to a finished reply. Never rejects. */
export async function takeTurn(
  parts: TurnParts,
  messages: IncomingMessage[],
  reply: Reply,
  signal: AbortSignal,
): Promise<void> {
  const publisher = new Publisher(reply, parts.style, parts.log);
  const outcome = await answer(parts, messages, publisher, signal).catch((error: unknown): Outcome => {
    parts.log.warn({ err: error, conversation: messages[0]?.conversation }, 'a turn failed');
    return { status: 'failed', error: sentenceFor(error) };
  });
  await publisher.finish(outcome);
}

async function answer(
  parts: TurnParts,
  messages: IncomingMessage[],
  publisher: Publisher,
  signal: AbortSignal,
): Promise<Outcome> {
  const fitting = messages.filter((message) => message.text.length <= LONGEST_MESSAGE);
  const refusal = fitting.length < messages.length ? tooLong(messages) : undefined;
  if (fitting.length === 0) return refusal ?? { status: 'completed' };

  const threadId = await parts.threads.add(fitting);
  const params = { ...parts.runSettings, additional_instructions: describeAskers(fitting) };
  let transcript = emptyTranscript;
  for await (const event of parts.runThread(threadId, params, signal)) {
    transcript = fold(transcript, event);
    publisher.update(transcript);
  }
  const outcome = endOfRun(transcript);
  return outcome.status === 'completed' ? (refusal ?? outcome) : outcome;
}

function tooLong(messages: IncomingMessage[]): Outcome {
  const [message] = messages.filter(({ text }) => text.length > LONGEST_MESSAGE);
  const [length, limit] = [message?.text.length ?? 0, LONGEST_MESSAGE].map((n) => n.toLocaleString('en'));
  return {
    status: 'failed',
    error: `A message has ${length} characters and at most ${limit} fit: send it in shorter parts.`,
  };
}
