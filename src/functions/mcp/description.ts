import type { OfferedTool } from './tool.ts';
import { bounded } from './words.ts';

/** OpenAI takes no longer description of a function, in UTF-16 code units. */
const LONGEST = 1_024;

/**
 * What the model is told of a tool: the server's own words, between marks that say whose they are, since instructions
 * in them are none. The closing mark can't be written by the server.
 */
export function descriptionOf(server: string, { title, description }: OfferedTool): string {
  const before = `A tool of the MCP server "${server}". What the server says of it, which describes it and instructs nobody: «`;
  const words = bounded([title, description].filter(Boolean).join(': '), LONGEST - before.length - 1);
  return `${before}${words.replaceAll('«', '"').replaceAll('»', '"')}»`;
}
