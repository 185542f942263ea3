import { ComponentType } from 'discord.js';
import { isJson, type Json } from '../json.ts';
import { Form, lengthOf } from './form.ts';

/** https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal */
const CUSTOM_ID = 100;
const TITLE = 45;
const COMPONENTS = 5;
/** https://discord.com/developers/docs/components/reference#label */
const LABEL = 45;
const DESCRIPTION = 100;
/** https://discord.com/developers/docs/components/reference#text-input */
const PLACEHOLDER = 100;
const VALUE = 4_000;

/** Checks a form that an app opens; of what stands in one, text inputs in labels. @throws ApiError 50035. */
export function readForm(data: Json): Json {
  const form = new Form();
  form.text(['custom_id'], data.custom_id, { min: 1, max: CUSTOM_ID, required: true });
  form.text(['title'], data.title, { min: 1, max: TITLE, required: true });
  const top = form.objects(['components'], data.components ?? [], { min: 1, max: COMPONENTS });
  for (const { path, value } of top) {
    if (form.choice([...path, 'type'], value.type ?? 'none', [Number(ComponentType.Label)]) === undefined)
      continue;
    form.text([...path, 'label'], value.label, { min: 1, max: LABEL, required: true });
    form.text([...path, 'description'], value.description, { max: DESCRIPTION });
    const input = isJson(value.component) ? value.component : {};
    checkInput(form, [...path, 'component'], input);
  }
  form.check();
  return data;
}

function checkInput(form: Form, path: (string | number)[], input: Json): void {
  const type = form.choice([...path, 'type'], input.type ?? 'none', [Number(ComponentType.TextInput)]);
  if (type === undefined) return;
  form.text([...path, 'custom_id'], input.custom_id, { min: 1, max: CUSTOM_ID, required: true });
  form.choice([...path, 'style'], input.style ?? 'none', [1, 2]);
  form.integer([...path, 'min_length'], input.min_length, { min: 0, max: VALUE });
  form.integer([...path, 'max_length'], input.max_length, { min: 1, max: VALUE });
  form.flag([...path, 'required'], input.required);
  form.text([...path, 'value'], input.value, { max: VALUE });
  form.text([...path, 'placeholder'], input.placeholder, { max: PLACEHOLDER });
  if (input.label !== undefined)
    form.fault([...path, 'label'], 'MODAL_LABEL_COMPONENT_LABEL_FORBIDDEN', 'A label has the text.');
}

/**
 * What sending a form brings, by the custom ids of its inputs. Throws an `Error` for what a person's client would not send:
 * inputs are required unless they say otherwise.
 */
export function submissionOf(form: Json, entered: Readonly<Record<string, string>>): Json {
  const labels = Array.isArray(form.components) ? (form.components as Json[]) : [];
  const components = labels.map((label, index) => {
    const input = Object(label.component) as Json;
    const name = String(input.custom_id);
    const value = entered[name] ?? String(input.value ?? '');
    if (value === '' && input.required !== false) throw new Error(`The field ${name} must be filled in.`);
    if (lengthOf(value) > Number(input.max_length ?? VALUE))
      throw new Error(`The field ${name} takes ${input.max_length} characters.`);
    const component = { type: ComponentType.TextInput, id: 2 * index + 2, custom_id: input.custom_id, value };
    return { type: ComponentType.Label, id: 2 * index + 1, component };
  });
  return { custom_id: form.custom_id, components };
}
