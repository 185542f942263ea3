import type {
  AnnotationDelta,
  MessageContent,
  MessageContentDelta,
  TextDelta,
} from 'openai/resources/beta/threads/messages';
import { place } from './by-index.ts';
import { listOf, numberOf, textOf } from './wire.ts';

/** A place in a text that points to a file: a citation of it, or a path to one that the code wrote. */
export interface Annotation {
  readonly index: number;
  readonly type: 'file_citation' | 'file_path';
  readonly file_id: string;
  /** What stands in the text. */
  readonly text: string;
  readonly start_index: number;
  readonly end_index: number;
}

/** One piece of a message's content as far as it is known. */
export type Content =
  | {
      readonly index: number;
      readonly type: 'text';
      readonly value: string;
      readonly annotations: readonly Annotation[];
    }
  | { readonly index: number; readonly type: 'refusal'; readonly refusal: string }
  | { readonly index: number; readonly type: 'image_file'; readonly file_id: string }
  | { readonly index: number; readonly type: 'image_url'; readonly url: string };

/** The content of a whole message, pieces of unknown types left out. */
export function contentOf(whole: readonly MessageContent[] | undefined): readonly Content[] {
  return listOf(whole).map(asDelta).reduce(addContentDelta, []);
}

/** The content with one delta added. */
export function addContentDelta(content: readonly Content[], delta: MessageContentDelta): readonly Content[] {
  return place(content, delta.index, (current) => {
    if (current && current.type !== delta.type) return current;
    return withDelta(current, delta);
  });
}

function asDelta(content: MessageContent, index: number): MessageContentDelta {
  if (content.type !== 'text') return { ...content, index };
  const annotations = listOf(content.text?.annotations).map((annotation, at) => ({
    ...annotation,
    index: at,
  }));
  return { type: 'text', index, text: { value: textOf(content.text?.value), annotations } };
}

function withDelta(current: Content | undefined, delta: MessageContentDelta): Content | undefined {
  const { index } = delta;
  switch (delta.type) {
    case 'text':
      return addText(current?.type === 'text' ? current : emptyText(index), delta.text);
    case 'refusal': {
      const before = current?.type === 'refusal' ? current.refusal : '';
      return { type: 'refusal', index, refusal: before + textOf(delta.refusal) };
    }
    case 'image_file':
      return { type: 'image_file', index, file_id: textOf(delta.image_file?.file_id) };
    case 'image_url':
      return { type: 'image_url', index, url: textOf(delta.image_url?.url) };
    default:
      return current;
  }
}

type Text = Extract<Content, { type: 'text' }>;

function emptyText(index: number): Text {
  return { type: 'text', index, value: '', annotations: [] };
}

function addText(text: Text, delta: TextDelta | undefined): Text {
  return {
    ...text,
    value: text.value + textOf(delta?.value),
    annotations: listOf(delta?.annotations).reduce(addAnnotation, text.annotations),
  };
}

function addAnnotation(annotations: readonly Annotation[], delta: AnnotationDelta): readonly Annotation[] {
  return place(annotations, delta.index, (current) => {
    if (delta.type !== 'file_citation' && delta.type !== 'file_path') return current;
    const file = delta.type === 'file_citation' ? delta.file_citation : delta.file_path;
    return {
      index: delta.index,
      type: delta.type,
      file_id: textOf(file?.file_id ?? current?.file_id),
      text: textOf(delta.text ?? current?.text),
      start_index: numberOf(delta.start_index ?? current?.start_index),
      end_index: numberOf(delta.end_index ?? current?.end_index),
    };
  });
}
