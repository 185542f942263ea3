import { readable } from './markup.ts';
import type { Block, Json } from './objects.ts';
import type { Workspace } from './workspace.ts';

/** What a person reads in a block; buttons are told apart from text by brackets. */
export function blockText(workspace: Workspace, block: Block): string {
  switch (block.type) {
    case 'markdown':
      return readable(workspace, String(block.text), 'markdown');
    case 'divider':
      return '───';
    case 'rich_text':
      return list(block.elements)
        .map((element) => richText(workspace, element))
        .join('\n');
    case 'table':
      return list(block.rows)
        .map((row) =>
          list(row)
            .map((cell) => cellText(workspace, cell))
            .join(' | '),
        )
        .join('\n');
    case 'image':
      return `[image: ${block.alt_text}]`;
    case 'context':
    case 'context_actions':
    case 'actions':
      return list(block.elements)
        .map((element) => elementText(workspace, element))
        .join(' ');
    case 'task_card':
      return taskText(workspace, block);
    case 'plan':
      return [String(block.title), ...list(block.tasks).map((task) => taskText(workspace, task))].join('\n');
    default:
      return [block.text, ...list(block.fields), block.accessory]
        .filter(Boolean)
        .map((part) => elementText(workspace, Object(part)))
        .join('\n');
  }
}

const MARKS: Record<string, string> = { pending: '○', in_progress: '◐', complete: '✔', error: '✘' };

function taskText(workspace: Workspace, task: Json): string {
  const prose = [task.details, task.output].flatMap((part) =>
    part === undefined ? [] : [blockText(workspace, Object(part))],
  );
  const body = prose
    .join('\n')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `\n    ${line}`);
  return `${MARKS[String(task.status)]} ${task.title} (${task.status})${body.join('')}`;
}

function elementText(workspace: Workspace, element: Json): string {
  switch (element.type) {
    case 'mrkdwn':
      return readable(workspace, String(element.text), 'mrkdwn');
    case 'plain_text':
      return String(element.text);
    case 'feedback_buttons':
      return [element.positive_button, element.negative_button]
        .map((button) => `[${label(Object(button))}]`)
        .join(' ');
    case 'image':
      return `[image: ${element.alt_text}]`;
    default:
      return `[${label(element)}]`;
  }
}

function label(element: Json): string {
  const { text } = Object(element.text ?? element.placeholder);
  return String(text ?? '⋯');
}

function cellText(workspace: Workspace, cell: Json): string {
  if (cell.type === 'rich_text') return blockText(workspace, Object(cell));
  return String(cell.text ?? cell.value);
}

function richText(workspace: Workspace, element: Json): string {
  const inner = list(element.elements);
  switch (element.type) {
    case 'rich_text_list':
      return inner.map((item) => `• ${richText(workspace, item)}`).join('\n');
    case 'rich_text_quote':
      return `> ${inner.map((part) => inline(workspace, part)).join('')}`;
    case 'rich_text_preformatted':
      return `\`\`\`\n${inner.map((part) => inline(workspace, part)).join('')}\n\`\`\``;
    default:
      return inner.map((part) => inline(workspace, part)).join('');
  }
}

function inline(workspace: Workspace, part: Json): string {
  switch (part.type) {
    case 'user':
      return `@${workspace.users.get(String(part.user_id))?.name ?? part.user_id}`;
    case 'broadcast':
      return `@${part.range}`;
    case 'usergroup':
      return `@${part.usergroup_id}`;
    case 'channel':
      return `#${workspace.channels.get(String(part.channel_id))?.name ?? part.channel_id}`;
    case 'emoji':
      return `:${part.name}:`;
    case 'link':
      return String(part.text ?? part.url);
    default:
      return String(part.text);
  }
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value : [];
}
