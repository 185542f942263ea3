import type { Cause, Omission } from '../context/omissions.ts';

/** Tells people once what the model is no longer given, and why. */
export function noticeOf(fresh: readonly Omission[], model: string): string {
  const kinds = Map.groupBy(fresh, ({ part, cause }) => `${part} ${cause}`);
  return [...kinds.values()].map((omissions) => sentence(omissions, model)).join('\n');
}

function sentence(omissions: readonly Omission[], model: string): string {
  const [first] = omissions;
  if (!first) return '';
  const many = omissions.length > 1;
  return `⚠️ ${subject(first.part, many)} left out of this conversation: ${reason(first.cause, many, model)}`;
}

function subject(part: Omission['part'], many: boolean): string {
  switch (part) {
    case 'images':
      return 'Pictures were';
    case 'outputs':
      return 'What a tool answered was';
    case 'everything':
      return many ? 'Messages were' : 'A message was';
  }
}

function reason(cause: Cause, many: boolean, model: string): string {
  switch (cause) {
    case 'images':
      return `the model \`${model}\` takes none.`;
    case 'image':
      return 'the provider could not read one. Try another format, or a smaller one.';
    case 'size':
      return 'the request was too large with them. Smaller ones may fit.';
    case 'room':
      return 'the model had no room for them.';
    case 'words':
      return `the provider’s content filter refused ${many ? 'them' : 'it'}. Try other words.`;
  }
}
