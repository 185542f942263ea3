import { emptyTranscript, type Transcript } from '../../../src/reply/transcript/transcript.ts';

/** What a run that has said so much looks like while it goes on. */
export function textTranscript(text: string): Transcript {
  const content = [{ index: 0, type: 'text' as const, value: text, annotations: [] }];
  const entry = {
    type: 'message' as const,
    id: 'm',
    status: 'in_progress' as const,
    content,
    attachments: [],
  };
  return { ...emptyTranscript, entries: [entry] };
}
