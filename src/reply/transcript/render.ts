import type { Reply } from '../../platform.ts';
import type { CodeInterpreterCall, PlacedCall, ToolCall } from '../../view.ts';
import { scan } from '../layout/block.ts';
import { cleanLogs, cleanText, insideFence } from '../layout/clean.ts';
import { isVisibleMarkdown } from '../layout/visible.ts';
import { guardLinks } from '../links/guard.ts';
import type { LinkRules } from '../links/rules.ts';
import { type Citation, Citations } from '../sources/citations.ts';
import { approvalBlocks } from './approval-blocks.ts';
import { isSilent } from './call-words.ts';
import type { Content } from './content.ts';
import { joinLogs } from './logs.ts';
import type { Entry, ToolCallsEntry, Transcript } from './transcript.ts';

/** How what is not text shall be shown; files a platform shows by itself. */
export interface ReplyStyle extends Pick<Reply, 'toolCall'> {
  /** Whether people see code and what it put out, which is usual, or get both as a file. */
  readonly code?: 'shown' | 'folded';
  /** At most so many UTF-16 code units of Markdown are shown; what is longer is given as a file, too. No limit when left out. */
  readonly longest?: number;
  /** Which addresses are links; all that the platform makes links of when left out. */
  readonly links?: LinkRules;
}

const PLAIN: ReplyStyle = {};

export interface Rendered {
  readonly markdown: string;
  /** In the order in which they stand in it. */
  readonly calls: readonly PlacedCall[];
  /** The sources that it cites, by their numbers in it. */
  readonly citations: readonly Citation[];
  /** What people are asked before calls are made, each as it stands in it, and where that ends. */
  readonly asked: readonly { readonly block: string; readonly end: number }[];
  /** There is more, which is shown when it is known what becomes of an address. */
  readonly waits: boolean;
}

/** Nothing behind it is shown yet. */
const WAIT = { waits: true } as const;

/** A block of Markdown, which may ask people something, or a call that is not placed yet. */
type Piece = string | { readonly asks: string } | Omit<PlacedCall, 'at'> | typeof WAIT;

/**
 * The reply as Markdown. As the transcript grows the Markdown only grows at its end, for platforms that can only
 * append: a code block that may still grow has no closing fence, and white space at the end waits for what follows.
 */
export function render(transcript: Transcript, style: ReplyStyle = PLAIN): Rendered {
  const { entries } = transcript;
  const citations = new Citations(transcript);
  const pieces = entries.flatMap((entry, index) => {
    const isOpen = entry.status === 'in_progress' && index === entries.length - 1;
    return piecesOf(entry, isOpen, style, citations);
  });
  const calls: PlacedCall[] = [];
  const asked: Rendered['asked'][number][] = [];
  let markdown = '';
  let last = '';
  const end = pieces.indexOf(WAIT);
  for (const piece of end < 0 ? pieces : pieces.slice(0, end)) {
    const block = blockOf(piece);
    if (block === '') continue;
    markdown += closingOf(last);
    if (block !== undefined) markdown += markdown === '' ? block : `\n\n${block}`;
    if (typeof piece === 'object' && 'call' in piece) calls.push({ ...piece, at: markdown.length });
    if (typeof piece === 'object' && 'asks' in piece) asked.push({ block: piece.asks, end: markdown.length });
    last = block ?? '';
  }
  return { markdown, calls, citations: citations.all, asked, waits: end >= 0 };
}

/** The Markdown of a piece; undefined for a call. */
function blockOf(piece: Piece): string | undefined {
  if (typeof piece === 'string') return piece;
  return 'asks' in piece ? piece.asks : undefined;
}

/** Markdown with one more block under it. */
export function withBlock(markdown: string, block: string): string {
  if (markdown === '' || block === '') return markdown + block;
  return `${markdown}${closingOf(markdown)}\n\n${block}`;
}

/** What closes a fence that a block left open, before it swallows what follows. */
function closingOf(block: string): string {
  const fence = /`{3}|~{3}/.test(block) ? scan(block).fence : undefined;
  return fence ? `\n${fence.closing}` : '';
}

function piecesOf(entry: Entry, isOpen: boolean, style: ReplyStyle, citations: Citations): Piece[] {
  if (entry.type === 'tool_calls') return callPieces(entry, isOpen, style);
  return entry.content.flatMap((content, index): Piece[] => {
    const isGrowing = isOpen && index === entry.content.length - 1;
    const block = contentBlock(content, isGrowing, citations);
    if (!style.links || block === '') return [block];
    const { markdown, waits } = guardLinks(block + endOf(content), isGrowing, style.links);
    const shown = isVisibleMarkdown(markdown, isGrowing) ? markdown : '';
    return waits ? [shown, WAIT] : [shown];
  });
}

/** The white space at the end of a text, which tells that its last word is whole. */
function endOf(content: Content): string {
  return content.type === 'text' ? (/\s+$/.exec(content.value)?.[0].replace(/\r/g, '\n') ?? '') : '';
}

/** A piece of a message as Markdown; nothing, where people would see nothing of it. */
export function contentBlock(content: Content, isOpen: boolean, citations: Citations): string {
  switch (content.type) {
    case 'text':
      return textBlock(citations.numbered(content.value, content.annotations, isOpen), isOpen);
    case 'refusal':
      return textBlock(content.refusal, isOpen);
    case 'image_file':
      return '';
    case 'image_url':
      return URL.canParse(content.url) ? `![](${new URL(content.url).href})` : '';
  }
}

function textBlock(value: string, isOpen: boolean): string {
  const text = cleanText(value, isOpen);
  return isVisibleMarkdown(text, isOpen) ? text : '';
}

/** What is told of a call that is over comes last, since code of the same step may go on before it. */
function callPieces(entry: ToolCallsEntry, isOpen: boolean, style: ReplyStyle): Piece[] {
  const isFolded = style.code === 'folded';
  const calls = isOpen && !isFolded ? settledCalls(entry.tool_calls) : entry.tool_calls;
  const placed = calls.map((call) => ({
    id: `${entry.id}-${call.index}`,
    call,
    status: entry.status,
    ...(isFolded && call.type === 'code_interpreter' && { isFolded }),
  }));
  const lineOf = (call: (typeof placed)[number]) => style.toolCall?.(call) ?? '';
  const pieces = placed.flatMap((each, index): Piece[] => {
    const { call } = each;
    if (call.type !== 'code_interpreter' || isFolded) return [each];
    return [each, lineOf(each), ...codeBlocks(call, isOpen && index === calls.length - 1)];
  });
  const lines = placed.filter(isSilent).map(lineOf).filter(Boolean);
  const asks = { asks: approvalBlocks(entry.tool_calls).join('\n\n') };
  return isOpen ? [...pieces, asks] : [...pieces, asks, lines.join('\n')];
}

/**
 * The calls up to the one that may still put something out. A model may write several programs before the first
 * one runs; each stands before its own output, so the later ones wait.
 */
function settledCalls(calls: readonly ToolCall[]): readonly ToolCall[] {
  const running = calls.findLastIndex((call) => call.type === 'code_interpreter' && call.outputs.length > 0);
  const next = calls.findIndex((call, index) => index >= running && call.type === 'code_interpreter');
  return next < 0 ? calls : calls.slice(0, next + 1);
}

function codeBlocks(call: CodeInterpreterCall, isOpen: boolean): string[] {
  const isWriting = isOpen && call.outputs.length === 0;
  const code = fenced('python', cleanText(call.input, isWriting), isWriting);
  const outputs = joinLogs(call.outputs);
  const shown = outputs.map((output, index) => {
    const isRunning = isOpen && index === outputs.length - 1;
    if (output.type === 'image') return '';
    return fenced('', cleanLogs(output.logs, isRunning), isRunning);
  });
  return [code, ...shown];
}

function fenced(language: string, text: string, isOpen: boolean): string {
  if (text === '') return '';
  return `\`\`\`${language}\n${insideFence(text)}${isOpen ? '' : '\n```'}`;
}
