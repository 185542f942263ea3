import { doingOf, isAtWork } from '../../../src/reply/transcript/call-words.ts';
import type { ReplyFile, View } from '../../../src/view.ts';
import { append, asText, shorten } from '../text.ts';

/** https://discord.com/developers/docs/reference#uploading-files */
const FILES_PER_MESSAGE = 10;
const FILE_BYTES = 10 * 1024 * 1024;
/** Of all files in one request, which may have 25 MiB in all; the rest is for what stands around them. */
const REQUEST_BYTES = 24 * 1024 * 1024;

/** So many things that are done at once are told of; the others are counted. */
const MAX_AT_WORK = 4;

/** One message of a reply, as people should see it. */
export interface Post {
  content: string;
  files: readonly ReplyFile[];
}

/**
 * The messages that show a view, in order: texts, then files, then what is to say of files that can't be shown.
 * Those before the last text stay as they are while the reply grows.
 * @param refused Files that Discord did not take, by id, with a sentence that says why.
 * @param sent The ids of files that stand there already.
 */
export function postsOf(
  view: View,
  refused: ReadonlyMap<string, string>,
  sent: ReadonlySet<string> = new Set(),
): Post[] {
  const texts = view.parts.map(({ text }) => asText(text));
  if (!view.outcome) return withNotice(texts, statusOf(view)).map(textPost);
  const tooLarge = new Map(view.files.filter(isTooLarge).map((file) => [file.id, sizeSentence(file)]));
  const unshown = new Map([...tooLarge, ...refused]);
  return [
    ...withNotice(texts, noticeOf(view)).map(textPost),
    ...batches(filesToSend(view, refused, sent)).map((files) => ({ content: '', files })),
    ...(unshown.size > 0 ? [textPost(shorten([...unshown.values()].join('\n')))] : []),
  ];
}

/** The files of a view that Discord takes and does not have, in the order in which they are sent. */
export function filesToSend(
  { files }: View,
  refused: ReadonlyMap<string, string>,
  sent: ReadonlySet<string>,
): ReplyFile[] {
  return files.filter((file) => !isTooLarge(file) && !refused.has(file.id) && !sent.has(file.id));
}

function textPost(content: string): Post {
  return { content, files: [] };
}

/** What is done right now; what comes next takes its place. */
function statusOf({ calls }: View): string | undefined {
  const atWork = calls.filter(isAtWork).map(({ call }) => `-# ${doingOf(call)}…`);
  const more = atWork.length - MAX_AT_WORK;
  const lines = more > 0 ? [...atWork.slice(0, MAX_AT_WORK), `-# And ${more} more…`] : atWork;
  return lines.length > 0 ? lines.join('\n') : undefined;
}

/** What is to say at the end of a reply, if anything. */
function noticeOf({ outcome, parts, files }: View): string | undefined {
  if (outcome?.status === 'failed') return shorten(`⚠️ ${asText(outcome.error)}`);
  if (outcome?.status === 'stopped') return '-# Stopped.';
  if (outcome?.notice !== undefined) return shorten(`-# ${asText(outcome.notice)}`);
  return parts.length === 0 && files.length === 0 ? '-# The answer is empty.' : undefined;
}

function withNotice(texts: string[], notice: string | undefined): string[] {
  if (notice === undefined) return texts;
  const together = append(texts.at(-1), notice);
  return together === notice ? [...texts, notice] : [...texts.slice(0, -1), together];
}

function batches(files: readonly ReplyFile[]): ReplyFile[][] {
  const batches: ReplyFile[][] = [];
  let room = 0;
  for (const file of files) {
    const last = batches.at(-1);
    if (last && last.length < FILES_PER_MESSAGE && file.bytes.length <= room) last.push(file);
    else {
      batches.push([file]);
      room = REQUEST_BYTES;
    }
    room -= file.bytes.length;
  }
  return batches;
}

function isTooLarge({ bytes }: ReplyFile): boolean {
  return bytes.length > FILE_BYTES;
}

function sizeSentence({ name, bytes }: ReplyFile): string {
  const megabytes = (bytes.length / 1024 / 1024).toFixed(1);
  return `⚠️ The file ${name} has ${megabytes} MiB, and Discord takes at most 10 from a bot.`;
}
