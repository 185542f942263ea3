import type { OpenAI } from 'openai';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { emptyTranscript, fold, type Transcript } from '../reply/transcript/transcript.ts';
import { begunRun, type RunContext } from './run.ts';

/** The transcript after each event of a run. */
export async function* transcriptsOf(
  events: AsyncIterable<AssistantStreamEvent>,
): AsyncGenerator<Transcript> {
  let transcript = emptyTranscript;
  for await (const event of events) {
    transcript = fold(transcript, event);
    yield transcript;
  }
}

/** The transcript of a run that was begun before, each time that it is looked at. */
export async function* transcriptsOfBegun(
  client: OpenAI,
  run: Run,
  context: RunContext,
): AsyncGenerator<Transcript> {
  for await (const events of begunRun(client, run, context)) yield events.reduce(fold, emptyTranscript);
}
