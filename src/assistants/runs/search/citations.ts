import type { Message } from 'openai/resources/beta/threads/messages';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { StepResult } from './found.ts';
import { type Mark, markName, markOf } from './marks.ts';

/** A mark as it stands in a message, and the file that it names. */
export interface Citation {
  mark: string;
  fileId: string;
}

/** A result that the run's searches gave the model. */
interface Source {
  step: number;
  result: number;
  found: StepResult;
}

/** The lines that some models add to a mark, and what they write for a name when they leave it out. */
const LINES = /†?L\d+(?:-L?\d+)?$/;
const NO_NAME = /^(?:source)?$/i;

/**
 * What a run's answer may cite: what its own searches found, and what earlier answers of the thread cited, in the same
 * words, so that a statement that is repeated keeps its source.
 */
export class Citations {
  #sources: Source[] = [];
  #earlier = new Map<string, string>();

  /** What the searches of the run's step of that number, counted from 1, found so far. */
  add(step: number, { step_details: details }: RunStep): void {
    if (details.type !== 'tool_calls') return;
    const results = details.tool_calls.flatMap((call) =>
      call.type === 'file_search' ? ((call.file_search.results ?? []) as StepResult[]) : [],
    );
    const sources = results.map((found, at) => ({ step, result: at + 1, found }));
    this.#sources = [...this.#sources.filter((source) => source.step !== step), ...sources];
  }

  /** What earlier answers cited. */
  recall(citations: Iterable<Citation>): void {
    for (const { mark, fileId } of citations) this.#earlier.set(mark, fileId);
  }

  /** What a mark stands for; undefined when that is nothing, or not clear. */
  of(mark: Mark): Citation | undefined {
    const exact = this.#sources.find(
      (source) => isOf(mark, source) && isNamed(mark, [source.found.file_name]),
    );
    if (exact) return citation(exact);
    const earlier = this.#earlier.get(mark.raw);
    if (earlier !== undefined) return { mark: mark.raw, fileId: earlier };
    const [meant, ...others] = this.#sources.filter((source) => isMeant(mark, source));
    return meant && others.length === 0 ? citation(meant) : undefined;
  }
}

/** What a message cites. */
export function citationsIn({ content }: Message): Citation[] {
  return content.flatMap((part) =>
    part.type !== 'text'
      ? []
      : part.text.annotations.flatMap((annotation) =>
          annotation.type === 'file_citation'
            ? [{ mark: annotation.text, fileId: annotation.file_citation.file_id }]
            : [],
        ),
  );
}

function citation({ step, result, found }: Source): Citation {
  return { mark: markOf(step, result, found.file_name), fileId: found.file_id };
}

function isOf(mark: Mark, { step, result }: Source): boolean {
  return mark.step === step && mark.result === result;
}

/** Whether a mark that is not as it should be may stand for the source: without a name, or with another one. */
function isMeant(mark: Mark, source: Source): boolean {
  const { found } = source;
  if (mark.result !== source.result) return false;
  const name = nameIn(mark);
  if (mark.step === undefined) return name === '' || isNamed(mark, namesOf(found));
  if (mark.step === source.step) return name === '' || isNamed(mark, namesOf(found));
  return name !== '' && isNamed(mark, [found.file_name]);
}

/** What a model may call a source. */
function namesOf({ file_name: file, attributes: { title }, headings }: StepResult): string[] {
  const names = [file, file.replace(/\.\w+$/, ''), title, headings.at(-1)];
  return names.filter((name) => typeof name === 'string');
}

function isNamed(mark: Mark, names: readonly string[]): boolean {
  const name = plain(nameIn(mark));
  return name !== '' && names.some((each) => plain(markName(each)) === name);
}

function nameIn({ name = '' }: Mark): string {
  const bare = name.trim().replace(LINES, '').trim();
  return NO_NAME.test(bare) ? '' : bare;
}

function plain(name: string): string {
  return name.toLowerCase().trim();
}
