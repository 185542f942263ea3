import { defused, ZERO_WIDTH_SPACE } from './linkless.ts';
import { asSeen } from './seen.ts';

/** What would make something else of the code behind it. */
const APART = /[`\\<]$/;
/** Longer code may have no room in a message. */
export const LONGEST_CODE = 150;

/** What an address can't be told from when it stands behind that. */
const GLUED = /[\p{L}\p{N}_@.+-]$/u;
/** What may make an address, an entity or HTML with text that comes to stand behind it. */
const UNFINISHED = /[^\s()[\]{}"'*~|>]$/u;

/** What is shown of a line: what once stood apart stays apart, though what was between is gone. */
export class Shown {
  #text = '';
  /** Its last signs, kept because it is costly to look for them in a text that grows. */
  #end = '';

  get text(): string {
    return this.#text;
  }

  /** Whether an address that comes next would begin with what is there. */
  get isGlued(): boolean {
    return GLUED.test(this.#end);
  }

  add(text: string): void {
    // Two runs of backticks side by side would be one.
    this.#append(text.startsWith('`') && this.#end.endsWith('`') ? ZERO_WIDTH_SPACE + text : text);
  }

  /** What had a bracket before it, so that it can be added without that. */
  bare(text: string): string {
    return UNFINISHED.test(this.#end) ? ZERO_WIDTH_SPACE + text : text;
  }

  /**
   * Adds an address that is to be no link.
   * @param mayBeCode Whether no backticks before it may make another thing of those around it.
   * @param next What stands behind it.
   */
  addAddress(address: string, mayBeCode: boolean, next = ''): void {
    const seen = asSeen(address);
    const isCode = mayBeCode && seen.length <= LONGEST_CODE;
    const before = (isCode ? APART : UNFINISHED).test(this.#end) ? ZERO_WIDTH_SPACE : '';
    const after = !isCode && /[^\s)]/.test(next) ? ZERO_WIDTH_SPACE : '';
    this.#append(before + (isCode ? `\`${seen}\`` : defused(seen)) + after);
  }

  #append(text: string): void {
    this.#text += text;
    this.#end = (this.#end + text.slice(-2)).slice(-2);
  }
}
