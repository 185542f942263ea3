import { ButtonStyle, ComponentType } from 'discord.js';
import type { Json } from '../json.ts';
import { type Form, lengthOf } from './form.ts';

/** https://discord.com/developers/docs/components/reference */
const ROWS = 5;
const COMPONENTS = 40;
const BUTTONS_A_ROW = 5;
const CUSTOM_ID = 100;
const LABEL = 80;
const LINK = 512;
const PLACEHOLDER = 150;
const SELECT_OPTIONS = 25;
const OPTION_TEXT = 100;
/** Of all text displays of a message together. */
const TEXT = 4000;

const SELECTS: readonly unknown[] = [
  ComponentType.StringSelect,
  ComponentType.UserSelect,
  ComponentType.RoleSelect,
  ComponentType.MentionableSelect,
  ComponentType.ChannelSelect,
];
const TOP_LEVEL: readonly number[] = [
  ComponentType.ActionRow,
  ComponentType.Section,
  ComponentType.TextDisplay,
  ComponentType.MediaGallery,
  ComponentType.File,
  ComponentType.Separator,
  ComponentType.Container,
];

type Path = readonly (string | number)[];

interface Found {
  count: number;
  text: number;
  customIds: Set<string>;
}

/**
 * Checks a message's components.
 * @param laidOut Whether the message has the flag IsComponentsV2, which replaces content and embeds by components.
 */
export function readComponents(form: Form, value: unknown, laidOut: boolean): Json[] | undefined {
  if (value === undefined) return undefined;
  const found: Found = { count: 0, text: 0, customIds: new Set() };
  const top = form.objects(['components'], value, { max: laidOut ? COMPONENTS : ROWS });
  const types = laidOut ? TOP_LEVEL : [ComponentType.ActionRow];
  for (const { path, value: component } of top) {
    if (form.choice([...path, 'type'], component.type ?? 'none', types) === undefined) continue;
    checkComponent(form, path, component, found);
  }
  if (found.count > COMPONENTS) {
    form.fault(
      ['components'],
      'COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED',
      `The maximum number of components is ${COMPONENTS}`,
    );
  }
  if (found.text > TEXT) {
    form.fault(
      ['components'],
      'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED',
      `Displayable text size exceeds maximum size of ${TEXT}`,
    );
  }
  return numbered(top.map(({ value: component }) => component));
}

function checkComponent(form: Form, path: Path, component: Json, found: Found): void {
  found.count += 1;
  if (component.type === ComponentType.ActionRow) checkRow(form, path, component, found);
  else if (component.type === ComponentType.Button) checkButton(form, path, component, found);
  else if (SELECTS.includes(component.type)) checkSelect(form, path, component, found);
  else if (component.type === ComponentType.TextDisplay) {
    const content = form.text([...path, 'content'], component.content, { min: 1, max: TEXT, required: true });
    found.text += lengthOf(content ?? '');
  } else if (component.type === ComponentType.Container || component.type === ComponentType.Section) {
    const children = form.objects([...path, 'components'], component.components, { min: 1, max: COMPONENTS });
    for (const child of children) checkComponent(form, child.path, child.value, found);
    const accessory = form.object([...path, 'accessory'], component.accessory);
    if (accessory) checkComponent(form, [...path, 'accessory'], accessory, found);
  }
}

function checkRow(form: Form, path: Path, row: Json, found: Found): void {
  const children = form.objects([...path, 'components'], row.components ?? [], {
    min: 1,
    max: BUTTONS_A_ROW,
  });
  const selects = children.filter(({ value }) => SELECTS.includes(value.type));
  if (selects.length > 0 && children.length > 1) {
    form.fault(
      [...path, 'components'],
      'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
      'The specified component exceeds the maximum width',
    );
  }
  for (const child of children) {
    const types = [ComponentType.Button, ...SELECTS.map(Number)];
    if (form.choice([...child.path, 'type'], child.value.type ?? 'none', types) === undefined) continue;
    checkComponent(form, child.path, child.value, found);
  }
}

function checkButton(form: Form, path: Path, button: Json, found: Found): void {
  const style = form.choice([...path, 'style'], button.style ?? 'none', [1, 2, 3, 4, 5, 6]);
  form.text([...path, 'label'], button.label, { max: LABEL });
  form.flag([...path, 'disabled'], button.disabled);
  if (style === ButtonStyle.Premium) return;
  if (!button.label && !button.emoji) {
    form.fault(
      [...path],
      'BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED',
      'A button must have a label or an emoji',
    );
  }
  if (style === ButtonStyle.Link) {
    form.text([...path, 'url'], button.url, { min: 1, max: LINK, required: true });
    if (button.custom_id !== undefined) {
      form.fault(
        path,
        'BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE',
        'A custom id and url cannot both be specified',
      );
    }
  } else checkCustomId(form, path, button, found);
}

function checkSelect(form: Form, path: Path, select: Json, found: Found): void {
  checkCustomId(form, path, select, found);
  form.text([...path, 'placeholder'], select.placeholder, { max: PLACEHOLDER });
  if (select.type !== ComponentType.StringSelect) return;
  const options = form.objects([...path, 'options'], select.options ?? [], { min: 1, max: SELECT_OPTIONS });
  for (const option of options) {
    form.text([...option.path, 'label'], option.value.label, { min: 1, max: OPTION_TEXT, required: true });
    form.text([...option.path, 'value'], option.value.value, { min: 1, max: OPTION_TEXT, required: true });
    form.text([...option.path, 'description'], option.value.description, { max: OPTION_TEXT });
  }
}

function checkCustomId(form: Form, path: Path, component: Json, found: Found): void {
  const place = [...path, 'custom_id'];
  const id = form.text(place, component.custom_id, { min: 1, max: CUSTOM_ID, required: true });
  if (id === undefined) return;
  if (found.customIds.has(id)) {
    form.fault(place, 'COMPONENT_CUSTOM_ID_DUPLICATED', 'Component custom id cannot be duplicated');
  }
  found.customIds.add(id);
}

/** Discord numbers the components that come without an id, from 1 on. */
function numbered(components: readonly Json[]): Json[] {
  let next = 1;
  const number = (component: Json): Json => {
    const id = component.id ?? next++;
    const children = Array.isArray(component.components)
      ? { components: component.components.map(number) }
      : {};
    return { ...component, id, ...children };
  };
  return components.map(number);
}

/** All components of a message, nested ones too. */
export function flatten(components: readonly Json[]): Json[] {
  return components.flatMap((component) => {
    const nested = Array.isArray(component.components) ? (component.components as Json[]) : [];
    const accessory = component.accessory ? [component.accessory as Json] : [];
    return [component, ...flatten([...nested, ...accessory])];
  });
}
