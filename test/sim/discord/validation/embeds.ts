import type { Json } from '../json.ts';
import { type Form, lengthOf } from './form.ts';

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const EMBEDS = 10;
const TITLE = 256;
const DESCRIPTION = 4096;
const FIELDS = 25;
const FIELD_NAME = 256;
const FIELD_VALUE = 1024;
const FOOTER = 2048;
const AUTHOR = 256;
const TOGETHER = 6000;
const COLOR = 0xff_ff_ff;

/** Checks rich embeds. */
export function readEmbeds(form: Form, value: unknown): Json[] | undefined {
  if (value === undefined) return undefined;
  const embeds = form.objects(['embeds'], value, { max: EMBEDS });
  let total = 0;
  const text = (...args: Parameters<Form['text']>) => {
    total += lengthOf(form.text(...args) ?? '');
  };
  for (const { path, value: embed } of embeds) {
    text([...path, 'title'], embed.title, { max: TITLE });
    text([...path, 'description'], embed.description, { max: DESCRIPTION });
    const footer = form.object([...path, 'footer'], embed.footer);
    if (footer) text([...path, 'footer', 'text'], footer.text, { max: FOOTER, required: true });
    const author = form.object([...path, 'author'], embed.author);
    if (author) text([...path, 'author', 'name'], author.name, { max: AUTHOR, required: true });
    for (const field of form.objects([...path, 'fields'], embed.fields, { max: FIELDS })) {
      text([...field.path, 'name'], field.value.name, { min: 1, max: FIELD_NAME, required: true });
      text([...field.path, 'value'], field.value.value, { min: 1, max: FIELD_VALUE, required: true });
    }
    form.integer([...path, 'color'], embed.color, { min: 0, max: COLOR });
    for (const name of ['image', 'thumbnail', 'url']) checkLink(form, [...path, name], embed[name]);
  }
  if (total > TOGETHER) {
    form.fault(['embeds'], 'MAX_EMBED_SIZE_EXCEEDED', `Embed size exceeds maximum size of ${TOGETHER}`);
  }
  return embeds.map(({ value: embed }) => ({ type: 'rich', ...embed }));
}

function checkLink(form: Form, path: (string | number)[], value: unknown): void {
  const url = typeof value === 'object' && value !== null ? (value as Json).url : value;
  if (url === undefined || url === null) return;
  if (typeof url !== 'string' || !/^(https?|attachment):\/\/./.test(url)) {
    form.fault(path, 'URL_TYPE_INVALID_URL', 'Not a well formed URL.');
  }
}
