import type { Entry, Transcript } from '../../reply/transcript/transcript.ts';
import type { ToolCall } from '../../view.ts';

/** So often what a call does is shown anew at most, in ms: nobody reads faster. */
const PACE_MS = 100;

/** Longer texts are cut, in UTF-16 code units: a status has one line. */
const LONGEST = 120;

/** What function calls do right now, as they say themselves. */
export class Doings {
  readonly #doings = new Map<string, string>();
  readonly #onChange: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `onChange` is called soon after something has changed, however often it does. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Begins something else in a call, by its id. */
  begin(id: string, doing: string): void {
    const line = doing
      .toWellFormed()
      .replace(/[\p{C}\s]+/gu, ' ')
      .trim();
    const told = line.length > LONGEST ? `${line.slice(0, LONGEST - 1).toWellFormed()}…` : line;
    if (this.#isClosed || told === (this.#doings.get(id) ?? '')) return;
    this.#doings.set(id, told);
    this.#changed();
  }

  end(id: string): void {
    if (this.#doings.delete(id)) this.#changed();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  laidOver(transcript: Transcript): Transcript {
    if (this.#doings.size === 0) return transcript;
    return { ...transcript, entries: transcript.entries.map((entry) => this.#inEntry(entry)) };
  }

  #changed(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#onChange();
    }, PACE_MS);
  }

  #inEntry(entry: Entry): Entry {
    if (entry.type !== 'tool_calls' || entry.status !== 'in_progress') return entry;
    return { ...entry, tool_calls: entry.tool_calls.map((call) => this.#inCall(call)) };
  }

  #inCall(call: ToolCall): ToolCall {
    const doing = this.#doings.get(call.id);
    return doing && call.type === 'function' && call.output === null ? { ...call, doing } : call;
  }
}
