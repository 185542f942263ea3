import type { ReplyFile, View } from '../../../src/platform.ts';
import type { Buttons } from '../buttons.ts';
import { append, asText, shorten } from '../text.ts';

/** https://discord.com/developers/docs/reference#uploading-files */
const FILES_PER_MESSAGE = 10;
const FILE_BYTES = 10 * 1024 * 1024;
/** Of all files in one request, which may have 25 MiB in all; the rest is for what stands around them. */
const REQUEST_BYTES = 24 * 1024 * 1024;

/** One message of a reply, as people should see it. */
export interface Post {
  content: string;
  buttons: Buttons;
  files: readonly ReplyFile[];
}

/**
 * The messages that show a view, in order: texts, then files, then what is to say of files that can't be shown.
 * Those before the last text stay as they are while the reply grows.
 * @param refused Files that Discord did not take, by id, with a sentence that says why.
 */
export function postsOf(view: View, refused: ReadonlyMap<string, string>): Post[] {
  const texts = view.parts.map(({ text }) => asText(text));
  if (!view.outcome) return withButtons(texts.map(textPost), 'running');
  const tooLarge = new Map(view.files.filter(isTooLarge).map((file) => [file.id, sizeSentence(file)]));
  const unshown = new Map([...tooLarge, ...refused]);
  const files = batches(view.files.filter(({ id }) => !unshown.has(id)));
  const posts = [
    ...withNotice(texts, noticeOf(view)).map(textPost),
    ...files.map((batch) => ({ content: '', buttons: 'none' as const, files: batch })),
    ...(unshown.size > 0 ? [textPost(shorten([...unshown.values()].join('\n')))] : []),
  ];
  return withButtons(posts, 'finished');
}

function textPost(content: string): Post {
  return { content, buttons: 'none', files: [] };
}

function withButtons(posts: Post[], buttons: Buttons): Post[] {
  return posts.map((post, index) => (index === posts.length - 1 ? { ...post, buttons } : post));
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
