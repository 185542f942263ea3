import { readable } from './address.ts';
import { defused, ZERO_WIDTH_SPACE } from './linkless.ts';
import { type Definition, definitionAt, type Link, linkAt } from './masked.ts';
import type { LinkRules } from './rules.ts';
import { asLink, isAddress, SCHEME } from './seen.ts';
import { LONGEST_CODE, Shown } from './shown.ts';
import { begunIn, TOKEN } from './signs.ts';
import * as written from './written.ts';

export interface LineOptions {
  readonly rules: LinkRules;
  /** Whether more of the line may come. */
  readonly isGrowing: boolean;
  readonly isTable: boolean;
  /** Whether it is the text of a link, which goes on with its address for who takes that for none. */
  readonly isInner?: boolean;
  /** Whether backticks before may make code of what follows, or end what is begun as code: no new ones may come to them. */
  readonly hasStray: boolean;
}

/** What of a line can be shown, and what the rest of it waits for: for more of it, or for a verdict. */
export interface GuardedLine {
  readonly text: string;
  readonly waitsFor?: Wait;
  readonly hasStray: boolean;
}

type Wait = 'more' | 'verdict';

/** A bracket that begins neither HTML, in which some readers see no Markdown, nor a link. */
const NO_HTML = `<${ZERO_WIDTH_SPACE}`;

const ANGLE = /<([^\s<>]{1,2000})>/y;
const BEGUN_ANGLE = /^<[^\s<>]{0,2000}$/;
/** What is HTML for some: https://spec.commonmark.org/0.31.2/#raw-html */
const HTML = /^<(?:[a-z][a-z\d-]*(?:[\s/>]|$)|[/!?])/i;
/** Slack's and Discord's own links to channels, groups, pages. */
const OWN_LINK = /^(?:[#!]|id:)/;
/** What has to be in a text for it to have links. */
const LINK_LIKE = /[.:@<&]|\]\(/;

/** A line of Markdown in which no address is a link but those that shall be one. */
export function guardLine(line: string, options: LineOptions): GuardedLine {
  return new Line(line, options).guard();
}

class Line {
  readonly #line: string;
  readonly #options: LineOptions;
  readonly #firstBracket: number;
  #hasStray: boolean;
  /** Whether what follows may turn out to be code. */
  #isMaybeCode = false;
  /** So much of the line is looked at, and this is shown of it. */
  #at = 0;
  readonly #shown = new Shown();

  constructor(line: string, options: LineOptions) {
    this.#line = line;
    this.#firstBracket = line.search(/(?<!\\)\[/);
    this.#options = options;
    this.#hasStray = options.hasStray;
  }

  guard(): GuardedLine {
    const waitsFor = this.#takeAll() ?? this.#takeEnd();
    return { text: this.#shown.text, hasStray: this.#hasStray, ...(waitsFor && { waitsFor }) };
  }

  #takeAll(): Wait | undefined {
    const token = TOKEN[this.#options.rules.autolinks];
    for (;;) {
      token.lastIndex = this.#at;
      const match = token.exec(this.#line);
      if (!match) return undefined;
      this.#copyTo(match.index);
      const waitsFor = this.#take(match);
      if (waitsFor) return waitsFor;
    }
  }

  #takeEnd(): Wait | undefined {
    const begun = this.#options.isGrowing ? begunIn(this.#line) : undefined;
    const isBegun = begun !== undefined && begun >= this.#at;
    this.#copyTo(isBegun ? begun : this.#line.length);
    return isBegun ? 'more' : undefined;
  }

  #take({ 0: sign, groups: { web, scheme, name } = {} }: RegExpExecArray): Wait | undefined {
    if (web) return this.#takeAddress(web, 0);
    if (scheme) return this.#takeAddress(scheme, scheme.indexOf(':') + 1);
    if (name) return this.#takeName(name);
    switch (sign[0]) {
      case '\\':
        return this.#takeEscape(sign);
      case '`':
        return this.#takeCode(sign);
      case '[':
      case '!':
        return this.#takeBracket(sign);
      case ']':
        return this.#takeClosing(sign);
      case '&':
        return this.#change(`&${ZERO_WIDTH_SPACE}`, 1);
      default:
        return this.#takeAngle();
    }
  }

  /** What ends the text of a link, or the label of a definition that began in a line before. */
  #takeClosing(sign: string): Wait | undefined {
    if (sign === '](') return this.#change(`]${ZERO_WIDTH_SPACE}`, 1);
    const isBegunHere = this.#firstBracket >= 0 && this.#firstBracket < this.#at;
    return this.#change(isBegunHere ? ']' : '] ', 1);
  }

  /** Some readers know no escapes in a link's text, and an escaped sign may be the first of a name. */
  #takeEscape(sign: string): Wait | undefined {
    if (sign === '\\]' && this.#line[this.#at + 2] === '(')
      return this.#change(`${sign}${ZERO_WIDTH_SPACE}`, 2);
    this.#hasStray ||= sign === '\\`';
    this.#copy(/[_-]/.test(sign) ? 1 : 2);
    return undefined;
  }

  /** Code that stands on one line, is short and has neither a table's bars nor what may be a fence is code for everybody. */
  #takeCode(run: string): Wait | undefined {
    const close = closingRun(this.#line, this.#at + run.length, run.length);
    if (close === undefined) return this.#takeStray(run);
    const content = this.#line.slice(this.#at + run.length, close);
    const end = close + run.length;
    if (LINK_LIKE.test(content)) {
      if (this.#options.isGrowing && end === this.#line.length) return 'more';
      const isShort = end - this.#at <= LONGEST_CODE;
      const isSure = !this.#hasStray && isShort && !(run.length > 2 ? /[`|]/ : /`{3}|\|/).test(content);
      if (!isSure) return this.#takeStray(run);
    }
    this.#copy(end - this.#at);
    return undefined;
  }

  #takeStray(run: string): undefined {
    this.#hasStray = true;
    this.#isMaybeCode ||= this.#options.isGrowing;
    this.#copy(run.length);
  }

  #takeAngle(): Wait | undefined {
    // An address has taken the sign that escapes it.
    if (this.#line[this.#at - 1] === '\\') return this.#change(NO_HTML, 1);
    ANGLE.lastIndex = this.#at;
    const [whole, inner = ''] = ANGLE.exec(this.#line) ?? [];
    if (whole === undefined) {
      const rest = this.#line.slice(this.#at);
      if (this.#options.isGrowing && BEGUN_ANGLE.test(rest)) return 'more';
      return this.#change(SCHEME.test(rest.slice(1)) || HTML.test(rest) ? NO_HTML : '<', 1);
    }
    if (OWN_LINK.test(inner)) return this.#change(NO_HTML, 1);
    if (!SCHEME.test(inner) && !/[^@]@/.test(inner)) return this.#change(HTML.test(whole) ? NO_HTML : '<', 1);
    const verdict = this.#verdictOn(inner);
    if (verdict === 'unsure') return 'verdict';
    if (verdict === 'text') return this.#changeToText(inner, whole.length);
    this.#copy(whole.length);
    return undefined;
  }

  #takeBracket(sign: string): Wait | undefined {
    const definition = sign === '[' ? definitionAt(this.#line, this.#at) : undefined;
    if (definition) return this.#takeDefinition(definition);
    const link = linkAt(this.#line, this.#at);
    if (link && link !== 'begun') return this.#takeLink(link);
    if (link === 'begun' && this.#options.isGrowing) return 'more';
    this.#copy(sign.length);
    return undefined;
  }

  /** Without its colon it defines nothing. */
  #takeDefinition({ label, colon, target, end }: Definition): Wait | undefined {
    if (this.#options.isGrowing && this.#line.slice(end).trim() === '') return 'more';
    const verdict = this.#verdictOn(target);
    const { text, waitsFor } = this.#inner(`${label}]`);
    if (verdict === 'unsure' || waitsFor) return 'verdict';
    const isLink = verdict === 'link';
    const after = isLink ? this.#line.slice(colon, end) : apart(text);
    return this.#change(`[${text}${after}`, (isLink ? end : colon) - this.#at);
  }

  #takeLink(link: Link): Wait | undefined {
    const { isImage, target, opening, end } = link;
    const verdict = this.#verdictOn(target);
    const isText = verdict === 'text' && !isAddress(target);
    const { text, waitsFor, hasStray } = this.#inner(isText ? `${link.text}]` : link.text);
    if (verdict === 'unsure' || waitsFor) return 'verdict';
    this.#hasStray ||= hasStray;
    const length = end - this.#at;
    if (verdict === 'link') return this.#takeKnownLink(link, text);
    if (isText) return this.#change(`${isImage ? '!' : ''}[${text}${apart(text)}`, opening - this.#at);
    if (this.#isMaybeCode) return 'more';
    const saysMore = !readable(target).includes(link.text.trim());
    if (saysMore) this.#shown.add(this.#shown.bare(`${text} (`));
    this.#changeToText(target, length, saysMore ? ')' : this.#line[end]);
    if (saysMore) this.#shown.add(')');
    return undefined;
  }

  #takeKnownLink(link: Link, text: string): Wait | undefined {
    const { isGrowing, isInner = false } = this.#options;
    const rest = this.#line.slice(link.end);
    const isLast = written.isLastInWord(rest);
    if (isGrowing && isLast && !/\s/.test(rest)) return 'more';
    const shown = asLink(link, text, isLast && !isInner);
    const isMarked = /^[![<]/.test(shown);
    return this.#change(isMarked ? shown : this.#shown.bare(shown), link.end - this.#at);
  }

  #takeName(word: string): Wait | undefined {
    const mayBeAddress = this.#mayGrow(word) || written.mayBeHost(word) || written.hasScheme(word);
    if (!mayBeAddress) this.#copy(/^[^/?#]*/.exec(word)?.[0].length ?? word.length);
    const waitsFor = mayBeAddress ? this.#takeAddress(word, written.afterFirstDot(word)) : undefined;
    if (waitsFor || this.#line[this.#at] !== '@') return waitsFor;
    return this.#change(`@${ZERO_WIDTH_SPACE}`, 1);
  }

  /**
   * An address that the platform makes a link of by itself.
   * @param from Where in it a link is prevented; what comes before stays as it is. At 0 all of it becomes code.
   */
  #takeAddress(word: string, from: number): Wait | undefined {
    const waitsFor = this.#mayGrow(word) ? 'more' : this.#takeKnown(word);
    if (waitsFor === 'known') return undefined;
    const held = waitsFor ?? (this.#isMaybeCode ? 'more' : undefined);
    if (held || from > 0) this.#copy(from);
    if (held) return held;
    if (from === 0) {
      const address = written.bareAddress(word);
      return this.#changeToText(address, address.length);
    }
    const rest = word.slice(from);
    return this.#change(rest === '' ? '' : `${ZERO_WIDTH_SPACE}${defused(rest)}`, rest.length);
  }

  /** What stands beside it without a space may be taken for a part of it: in a table one comes before a bar. */
  #takeKnown(word: string): 'known' | Wait | undefined {
    const next = this.#line[this.#at + word.length] ?? ' ';
    const isCell = next === '|' && this.#options.isTable;
    const isTorn = this.#shown.isGlued || (/\S/.test(next) && !isCell);
    const verdicts = isTorn
      ? []
      : [...written.readings(word)].map((address) => [address, this.#verdictOn(address)] as const);
    const [known] = verdicts.find(([, verdict]) => verdict === 'link') ?? [];
    if (known === undefined)
      return verdicts.some(([, verdict]) => verdict === 'unsure') ? 'verdict' : undefined;
    return (isCell ? this.#change(`${word} `, word.length) : this.#change(known, known.length)) ?? 'known';
  }

  #mayGrow(word: string): boolean {
    return this.#options.isGrowing && written.mayGoOn(this.#line.slice(this.#at + word.length));
  }

  #verdictOn(address: string) {
    return this.#options.rules.verdict(address);
  }

  /** A text within this one, all of which is there. */
  #inner(text: string): GuardedLine {
    return guardLine(text, { ...this.#options, isGrowing: false, hasStray: this.#hasStray, isInner: true });
  }

  /** Shows an address that is to be no link in place of so many characters. */
  #changeToText(address: string, length: number, next = this.#line[this.#at + length]): Wait | undefined {
    if (this.#isMaybeCode) return 'more';
    this.#at += length;
    this.#shown.addAddress(address, !this.#hasStray, next);
    return undefined;
  }

  /** Shows a text in place of so many characters. */
  #change(text: string, length: number): Wait | undefined {
    if (this.#isMaybeCode && text !== this.#line.slice(this.#at, this.#at + length)) return 'more';
    this.#hasStray ||= text.includes('`');
    this.#shown.add(text);
    this.#at += length;
    return undefined;
  }

  #copy(length: number): void {
    this.#copyTo(this.#at + length);
  }

  #copyTo(end: number): void {
    this.#shown.add(this.#line.slice(this.#at, end));
    this.#at = end;
  }
}

/** What parts a text from what follows it: an address at its end would take more than that with it. */
function apart(text: string): string {
  const [word = ''] = /\S*$/.exec(text) ?? [];
  return LINK_LIKE.test(word) ? ' ' : ZERO_WIDTH_SPACE;
}

function closingRun(line: string, from: number, length: number): number | undefined {
  for (const { 0: run, index } of line.slice(from).matchAll(/`+/g))
    if (run.length === length) return from + index;
  return undefined;
}
