import type { IncomingMessage } from '../../platform.ts';

/**
 * What a message is in, by names that a platform can say are no more: what it names, its conversation, and what that begins
 * with. A kept message that makes no sense is nowhere.
 */
export function placesOf({ conversation, within }: Partial<IncomingMessage>): string[] {
  const [platform, ...parts] = String(conversation ?? '').split(':');
  const own = parts.map((_, at) => [platform, ...parts.slice(0, at + 1)].join(':'));
  return [...new Set([...own, ...(Array.isArray(within) ? within : [])])];
}
