import type { IncomingMessage } from '../../platform.ts';

/** Longer names than this are cut: they are only there to address somebody. */
const LONGEST_NAME = 80;

/** Tells the model, in `additional_instructions`, who wrote the messages that its answer is for. */
export function describeAskers(messages: IncomingMessage[]): string {
  const names = [...new Set(messages.map((message) => quoted(message.author.name)))];
  if (names.length === 1) return `The person asking is called ${names[0]}.`;
  const order = messages.map((message) => quoted(message.author.name)).join(', ');
  return `Several people are asking. The newest messages are, in this order, from ${order}.`;
}

/** A name is data: on one line, in quotes, so that it can't be read as an instruction. */
function quoted(name: string): string {
  const line = name
    .toWellFormed()
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return JSON.stringify([...line].slice(0, LONGEST_NAME).join(''));
}
