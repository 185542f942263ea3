import type { Annotation } from '../transcript/content.ts';

/** A place in a text that cites a source. */
export interface Mark {
  readonly start: number;
  readonly end: number;
  /** What stands there. */
  readonly text: string;
  /** The file that the server says is cited; undefined while it has not said so. */
  readonly fileId: string | undefined;
  /** Which result of which step of the run it cites, both counted from 1, where the mark tells. */
  readonly step: number | undefined;
  readonly result: number | undefined;
}

/**
 * As Assistants servers write it: `【3:1†handbook.md】`. A name is as long as a file's may be, with a place behind it. Other
 * text in such brackets, as Japanese and Chinese have it, is none.
 */
const MARK = /【(\d{1,4})(?::(\d{1,4}))?†[^【】\n]{0,300}】/g;
/** What may become one. */
const BEGUN = /^【(?:\d{0,4}|\d{1,4}:\d{0,4}|\d{1,4}(?::\d{1,4})?†[^【】\n]{0,300})$/;
/** What was going to be one, and nothing else. */
const BROKEN_OFF = /^【\d{1,4}(?::\d{0,4}|(?::\d{1,4})?†[^【】\n]{0,300})$/;

/** The marks of a text in their order: those that annotations stand at, and others that are written like one. */
export function marksIn(value: string, annotations: readonly Annotation[]): Mark[] {
  const citations = annotations.filter(({ type }) => type === 'file_citation');
  if (citations.length === 0 && !value.includes('【')) return [];
  const fileOf = new Map(citations.map(({ text, file_id }) => [text, file_id]));
  const told = citations.flatMap((one) =>
    standsIn(value, one) ? [markAt(one.start_index, one.text, one.file_id)] : [],
  );
  const written = Array.from(value.matchAll(MARK), ({ 0: text, index }) =>
    markAt(index, text, fileOf.get(text)),
  );
  return withoutOverlaps([...told, ...written]);
}

/** Where a text ends whose last mark is not whole: while more may come, also where it may become one. */
export function endBeforeBegun(value: string, isOpen: boolean): number {
  const at = value.lastIndexOf('【');
  if (at < 0) return value.length;
  return (isOpen ? BEGUN : BROKEN_OFF).test(value.slice(at)) ? at : value.length;
}

/** Servers are known whose indexes are wrong. */
function standsIn(value: string, { start_index: start, end_index: end, text }: Annotation): boolean {
  return start >= 0 && start < end && value.slice(start, end) === text;
}

function markAt(start: number, text: string, fileId: string | undefined): Mark {
  const [whole, step, result] = [...text.matchAll(MARK)][0] ?? [];
  const numberOf = (digits: string | undefined) =>
    whole === text && digits !== undefined ? Number(digits) : undefined;
  return {
    start,
    end: start + text.length,
    text,
    fileId: fileId || undefined,
    step: numberOf(step),
    result: numberOf(result),
  };
}

/** Of two that stand in one place the first: sorting keeps what annotations tell before what is only written. */
function withoutOverlaps(marks: Mark[]): Mark[] {
  let end = 0;
  return marks
    .sort((one, other) => one.start - other.start)
    .filter((mark) => {
      if (mark.start < end) return false;
      end = mark.end;
      return true;
    });
}
