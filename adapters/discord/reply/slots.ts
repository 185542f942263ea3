import type { ApprovalState } from '../../../src/view.ts';
import { type Buttons, runningWith } from '../buttons.ts';
import type { Post } from './posts.ts';
import { bringsFiles, type Shown } from './shown.ts';

/** What a message shall say; without content, what it says. */
export interface Wanted extends Omit<Post, 'content'> {
  content: string | undefined;
  buttons: Buttons;
}

/** A message of a reply beside what it shall say. Without the first it is to be posted, without the second to go. */
export interface Slot {
  shown?: Shown | undefined;
  wanted?: Wanted | undefined;
}

/** What of a reply is told by its messages as they stand. */
export interface Standing {
  /** Nothing more comes: messages that nothing is left to say in go. */
  isOver: boolean;
  /** What people are asked at the moment; nothing when left out. */
  questions?: readonly ApprovalState[];
  /** What other processes have written stays, and what is to say comes after it. */
  keepsTexts: boolean;
}

/**
 * The messages of a reply in the channel's order: those that people see already, then those that are still to come. Files
 * never move, since Discord would have to be sent them again; texts take the other messages in order.
 */
export function slotsOf(
  posts: readonly Post[],
  shown: readonly Shown[],
  { isOver, keepsTexts, questions = [] }: Standing,
): Slot[] {
  const left = [...posts];
  const take = (fits: (post: Post) => boolean) =>
    left.splice(left.findIndex(fits), left.some(fits) ? 1 : 0)[0];
  const postFor = (message: Shown) => {
    if (message.id === undefined) return take(() => true);
    if (bringsFiles(message) || (keepsTexts && message.isInherited)) return AS_IT_STANDS;
    return take(({ files }) => files.length === 0) ?? (isOver ? undefined : AS_IT_STANDS);
  };
  const seen = shown.map((message) => ({ shown: message, post: postFor(message) }));
  const slots = [...seen, ...left.map((post) => ({ shown: undefined, post }))];
  const last = slots.findLastIndex(({ post }) => post);
  return slots.map(({ shown, post }, index) => {
    const buttons = index < last ? 'none' : isOver ? 'finished' : runningWith(questions);
    return { shown, wanted: post && { ...post, buttons } };
  });
}

const AS_IT_STANDS = { content: undefined, files: [] };
