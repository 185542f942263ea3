import type { OpenAI } from 'openai';
import type { Logger } from '../log.ts';
import { type Citation, citationsOf, searchResults } from '../reply/sources/citations.ts';
import { sourceList } from '../reply/sources/source-list.ts';
import { isUnanswered } from '../reply/sources/unanswered.ts';
import { render } from '../reply/transcript/render.ts';
import type { Transcript } from '../reply/transcript/transcript.ts';

/** Of so many files the names are asked for; a list of sources shows fewer. */
const MAX_NAMES = 20;

/** What `assistant.md` says of sources. */
export interface SourceSettings {
  /** Who is named when no answer is found. */
  readonly contact?: string;
  /** Sources older than so many days are said to be old. */
  readonly staleAfterDays?: number;
}

export interface SourcesOptions {
  client: Pick<OpenAI, 'files'>;
  knowledge: SourceSettings;
  log: Logger;
}

/** What stands under an answer as Markdown: its sources, or that nothing was found and who may know. Never rejects. */
export async function sourcesUnder(transcript: Transcript, options: SourcesOptions): Promise<string> {
  const { contact, staleAfterDays } = options.knowledge;
  if (isUnanswered(transcript))
    return contact === undefined || says(transcript, contact) ? '' : nothingFound(contact);
  const citations = citationsOf(transcript);
  if (citations.length === 0) return '';
  const names = await namesOf(transcript, citations, options);
  return sourceList(citations, { names, staleAfterDays, now: Date.now() });
}

function nothingFound(contact: string): string {
  return `The documents say nothing that answers this. Ask ${contact}.`;
}

function says(transcript: Transcript, words: string): boolean {
  return render(transcript).markdown.includes(words);
}

/** Names are what a search told of its files, or what their server says of them. */
async function namesOf(
  { entries }: Transcript,
  citations: readonly Citation[],
  { client, log }: SourcesOptions,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map(entries.flatMap(searchResults).map(({ file_id, file_name }) => [file_id, file_name]));
  const ids = new Set(citations.flatMap(({ fileId }) => fileId ?? []));
  const unknown = [...ids].filter((id) => !names.get(id)).slice(0, MAX_NAMES);
  const nameOf = async (id: string) => {
    const file = await client.files.retrieve(id).catch((error: unknown) => {
      log.warn({ err: error, file: id }, 'the name of a source could not be had');
    });
    if (file) names.set(id, file.filename);
  };
  await Promise.all(unknown.map(nameOf));
  return names;
}
