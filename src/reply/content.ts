import type {
  AnnotationDelta,
  MessageContent,
  MessageContentDelta,
  TextDelta,
} from 'openai/resources/beta/threads/messages';
import { place } from './by-index.ts';

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
  return (whole ?? []).map(asDelta).reduce(addContentDelta, []);
}

/** The content with one delta added. */
export function addContentDelta(content: readonly Content[], delta: MessageContentDelta): readonly Content[] {
  return place(content, delta?.index, (current) => {
    if (current && current.type !== delta.type) return current;
    return withDelta(current, delta);
  });
}

function asDelta(content: MessageContent, index: number): MessageContentDelta {
  if (content?.type !== 'text') return { ...content, index };
  const annotations = (content.text?.annotations ?? []).map((annotation, at) => ({
    ...annotation,
    index: at,
  }));
  return { type: 'text', index, text: { value: content.text?.value ?? '', annotations } };
}

function withDelta(current: Content | undefined, delta: MessageContentDelta): Content | undefined {
  const { index } = delta;
  switch (delta.type) {
    case 'text':
      return addText(current?.type === 'text' ? current : emptyText(index), delta.text);
    case 'refusal': {
      const before = current?.type === 'refusal' ? current.refusal : '';
      return { type: 'refusal', index, refusal: before + (delta.refusal ?? '') };
    }
    case 'image_file':
      return delta.image_file?.file_id
        ? { type: 'image_file', index, file_id: delta.image_file.file_id }
        : current;
    case 'image_url':
      return delta.image_url?.url ? { type: 'image_url', index, url: delta.image_url.url } : current;
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
    value: text.value + (delta?.value ?? ''),
    annotations: (delta?.annotations ?? []).reduce(addAnnotation, text.annotations),
  };
}

function addAnnotation(annotations: readonly Annotation[], delta: AnnotationDelta): readonly Annotation[] {
  return place(annotations, delta?.index, (current) => {
    if (delta.type !== 'file_citation' && delta.type !== 'file_path') return current;
    const file = delta.type === 'file_citation' ? delta.file_citation : delta.file_path;
    return {
      index: delta.index,
      type: delta.type,
      file_id: file?.file_id ?? current?.file_id ?? '',
      text: delta.text ?? current?.text ?? '',
      start_index: delta.start_index ?? current?.start_index ?? 0,
      end_index: delta.end_index ?? current?.end_index ?? 0,
    };
  });
}
