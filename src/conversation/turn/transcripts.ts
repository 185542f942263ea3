import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import { emptyTranscript, fold, type Transcript } from '../../reply/transcript/transcript.ts';

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
  looks: AsyncIterable<AssistantStreamEvent[]>,
): AsyncGenerator<Transcript> {
  for await (const events of looks) yield events.reduce(fold, emptyTranscript);
}
