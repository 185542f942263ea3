import type { CodeInterpreterCall, CodeOutput, PlacedCall, ToolCall } from '../../platform.ts';
import { scan } from '../layout/block.ts';
import { cleanLogs, cleanText, insideFence } from '../layout/clean.ts';
import { isVisibleMarkdown } from '../layout/visible.ts';
import { type Citation, Citations } from '../sources/citations.ts';
import { approvalBlocks } from './approval-blocks.ts';
import type { Content } from './content.ts';
import type { Entry, ToolCallsEntry, Transcript } from './transcript.ts';

/** How a platform wants to have shown what is not text; files it shows by itself. Undefined shows nothing. */
export interface ReplyStyle {
  /** A line of Markdown that says that a tool of this type is called. */
  toolCall(type: ToolCall['type']): string | undefined;
  /** At most so many UTF-16 code units of Markdown are shown; what is longer is given as a file, too. No limit when left out. */
  readonly longest?: number;
}

const PLAIN: ReplyStyle = { toolCall: () => undefined };

export interface Rendered {
  readonly markdown: string;
  /** In the order in which they stand in it. */
  readonly calls: readonly PlacedCall[];
  /** The sources that it cites, by their numbers in it. */
  readonly citations: readonly Citation[];
  /** What people are asked before calls are made, each as it stands in it, and where that ends. */
  readonly asked: readonly { readonly block: string; readonly end: number }[];
}

/** A block of Markdown, which may ask people something, or a call that is not placed yet. */
type Piece = string | { readonly asks: string } | Omit<PlacedCall, 'at'>;

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
  for (const piece of pieces) {
    const block = blockOf(piece);
    if (block === '') continue;
    markdown += closingOf(last);
    if (block !== undefined) markdown += markdown === '' ? block : `\n\n${block}`;
    if (typeof piece === 'object' && 'call' in piece) calls.push({ ...piece, at: markdown.length });
    if (typeof piece === 'object' && 'asks' in piece) asked.push({ block: piece.asks, end: markdown.length });
    last = block ?? '';
  }
  return { markdown, calls, citations: citations.all, asked };
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
  return entry.content.map((content, index) =>
    contentBlock(content, isOpen && index === entry.content.length - 1, citations),
  );
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

function callPieces(entry: ToolCallsEntry, isOpen: boolean, style: ReplyStyle): Piece[] {
  const calls = isOpen ? settledCalls(entry.tool_calls) : entry.tool_calls;
  const pieces = calls.flatMap((call, index): Piece[] => {
    const piece = { id: `${entry.id}-${call.index}`, call, status: entry.status };
    const label = style.toolCall(call.type) ?? '';
    if (call.type !== 'code_interpreter') return [piece, label];
    return [piece, label, ...codeBlocks(call, isOpen && index === calls.length - 1)];
  });
  return [...pieces, { asks: approvalBlocks(entry.tool_calls).join('\n\n') }];
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

/** Logs that follow each other as one, the later ones on a new line. */
function joinLogs(outputs: readonly CodeOutput[]): CodeOutput[] {
  const joined: CodeOutput[] = [];
  for (const output of outputs) {
    const last = joined.at(-1);
    if (output.type !== 'logs' || last?.type !== 'logs') joined.push(output);
    else joined[joined.length - 1] = { ...last, logs: `${endLine(last.logs)}${output.logs}` };
  }
  return joined;
}

function endLine(logs: string): string {
  return logs === '' || logs.endsWith('\n') ? logs : `${logs}\n`;
}
