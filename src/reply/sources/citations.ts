import type { SearchResult } from '../../view.ts';
import type { Annotation } from '../transcript/content.ts';
import type { Entry, Transcript } from '../transcript/transcript.ts';
import { endBeforeBegun, type Mark, marksIn } from './marks.ts';

/** A source that a reply cites, by the number that stands for it in the text. */
export interface Citation {
  readonly number: number;
  /** Undefined where the server has not said which file it is. */
  readonly fileId: string | undefined;
  /** What was found there; undefined where the server does not tell. */
  readonly result: SearchResult | undefined;
}

/** Stands between a number and what would make a link, or the address of one, of it. */
const ZERO_WIDTH_SPACE = '\u200b';
const MAKES_LINK = /^[([:]/;
/** The address of a link by number, which numbers of sources would lead to. */
const DEFINITION = /^( {0,3}\[\d{1,4}\]):/gm;

/**
 * The numbers of a reply's sources, given in the order in which its texts cite them; the same source and place has the same
 * number. A number is known as soon as its mark is read, and never changes: a mark alone tells which result it cites, or, on
 * servers that do not say what they found, is a source of its own.
 */
export class Citations {
  readonly #entries: readonly Entry[];
  readonly #byKey = new Map<string, Citation>();
  readonly #wasSearched: boolean;
  readonly #tellsPlaces: boolean;

  constructor({ entries }: Pick<Transcript, 'entries'>) {
    this.#entries = entries;
    const results = entries.flatMap(searchResults);
    this.#wasSearched = results.length > 0;
    this.#tellsPlaces = results.some(tellsPlace);
  }

  /** In the order of their numbers. */
  get all(): readonly Citation[] {
    return [...this.#byKey.values()];
  }

  /**
   * A text with numbers in place of its marks. Texts have to come in the reply's order. As one grows at its end, so does the
   * result: while more may come, what may become a mark waits.
   */
  numbered(value: string, annotations: readonly Annotation[], isOpen: boolean): string {
    const marks = marksIn(value, annotations);
    let shown = '';
    let at = 0;
    let last = '';
    for (const mark of marks) {
      const between = value.slice(at, mark.start);
      const citation = this.#citationOf(mark);
      const number = citation ? `[${citation.number}]` : '';
      shown += this.#between(last, between);
      at = mark.end;
      if (between !== '' || number !== last) shown += number;
      if (between !== '' || number !== '') last = number;
    }
    return shown + this.#between(last, value.slice(at, Math.max(at, endBeforeBegun(value, isOpen))));
  }

  #between(number: string, text: string): string {
    const safe =
      this.#wasSearched && text.includes(']:') ? text.replace(DEFINITION, `$1${ZERO_WIDTH_SPACE}:`) : text;
    return number !== '' && MAKES_LINK.test(safe) ? ZERO_WIDTH_SPACE + safe : safe;
  }

  /** Undefined for a mark that stands for nothing that was found, where all that was found is known. */
  #citationOf(mark: Mark): Citation | undefined {
    const result = this.#resultOf(mark);
    const fileId = result?.file_id ?? mark.fileId;
    if (!result && fileId === undefined && this.#tellsPlaces) return undefined;
    const key = result ? keyOf(result) : mark.text;
    const known = this.#byKey.get(key);
    if (known && (known.fileId !== undefined || fileId === undefined)) return known;
    const citation = { number: known?.number ?? this.#byKey.size + 1, fileId, result };
    this.#byKey.set(key, citation);
    return citation;
  }

  /** On other servers the numbers of a mark mean something else. */
  #resultOf({ step, result, fileId }: Mark): SearchResult | undefined {
    const entry = this.#entries[(step ?? 0) - 1];
    const found = entry && searchResults(entry)[(result ?? 0) - 1];
    return found && tellsPlace(found) && (fileId ?? found.file_id) === found.file_id ? found : undefined;
  }
}

/** The sources that a reply cites, by their numbers. */
export function citationsOf(transcript: Transcript): readonly Citation[] {
  const citations = new Citations(transcript);
  for (const entry of transcript.entries) {
    if (entry.type !== 'message') continue;
    for (const content of entry.content)
      if (content.type === 'text') citations.numbered(content.value, content.annotations, false);
  }
  return citations.all;
}

/** What the searches of one step found, in the order of the numbers that marks cite it by. */
export function searchResults(entry: Entry): readonly SearchResult[] {
  if (entry.type !== 'tool_calls') return [];
  return entry.tool_calls.flatMap((call) => (call.type === 'file_search' ? call.results : []));
}

function tellsPlace({ place, headings }: SearchResult): boolean {
  return place !== undefined || headings !== undefined;
}

function keyOf({ file_id, place, headings }: SearchResult): string {
  return JSON.stringify([file_id, place ?? null, headings ?? null]);
}
