import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { AssistantCreateParams } from 'openai/resources/beta/assistants';
import type { SuggestedPrompt } from '../platform.ts';
import { type AssistantFields, checkFields } from './assistant-fields.ts';
import type { Checked } from './checked.ts';
import { decodeText } from './decode-text.ts';
import { parseFrontMatter } from './front-matter.ts';
import type { KnowledgeEntry } from './knowledge-fields.ts';
import { type McpServer, resolveServers } from './mcp-variables.ts';

/** The Assistants API's own limit, in UTF-16 code units. */
const MAX_INSTRUCTIONS = 256_000;

/** What `assistant.md` says. */
export interface AssistantFile {
  /** What the assistant is made with. */
  params: AssistantCreateParams;
  /** What each of its runs is started with. */
  run: { max_completion_tokens?: number; max_prompt_tokens?: number };
  /** What the terminal prints at the start. */
  greeting?: string;
  /** What platforms suggest to people who don't know what to ask. */
  prompts: SuggestedPrompt[];
  /** What the team's knowledge is. */
  knowledge?: KnowledgeSettings;
  /** The MCP servers whose tools it has. */
  mcp?: McpServer[];
}

export interface KnowledgeSettings {
  /** The folder of `assistant.md`: an absolute path, from which the entries' paths go out. */
  root: string;
  entries: KnowledgeEntry[];
  /** Who is named when no answer is found. */
  contact?: string;
  /** Sources that are older are told to be old. */
  staleAfterDays?: number;
}

/**
 * Reads and checks the file at `path`; with `model`, that one is used and the file needs none.
 * @param variables The environment, of which the file may name variables.
 */
export async function readAssistantFile(
  path: string,
  model?: string,
  variables: NodeJS.ProcessEnv = {},
): Promise<Checked<AssistantFile>> {
  const text = await readText(path);
  return text.mistakes ? text : parseAssistantFile(text.value, path, model, variables);
}

async function readText(path: string): Promise<Checked<string>> {
  try {
    const text = decodeText(await readFile(path));
    return text.mistakes ? { mistakes: text.mistakes.map((mistake) => `${path} ${mistake}`) } : text;
  } catch (error) {
    return { mistakes: [`${path} ${reasonOf(error)}`] };
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') {
    return 'does not exist: write the assistant there, or set ASSISTANT_FILE to where it is.';
  }
  if (code === 'EISDIR') return 'is a folder: set ASSISTANT_FILE to the file in which the assistant is.';
  return `cannot be read: ${error instanceof Error ? error.message : error}.`;
}

/** Checks the text of the file at `path`, which is named in every mistake. */
export function parseAssistantFile(
  text: string,
  path: string,
  model?: string,
  variables: NodeJS.ProcessEnv = {},
): Checked<AssistantFile> {
  if (text.trim() === '') {
    return { mistakes: [`${path} is empty: write the assistant's fields and instructions into it.`] };
  }
  const parsed = parseFrontMatter(text);
  if (parsed.mistakes) return { mistakes: parsed.mistakes.map((mistake) => `${path}, ${mistake}`) };
  const { fields: written, body, lineOf } = parsed.value;
  const checked = checkFields(written, model);
  const mcp = resolveServers(checked.mistakes ? [] : (checked.fields.mcp ?? []), variables);
  const mistakes = [
    ...[...(checked.mistakes ?? []), ...mcp.mistakes].map(
      (mistake) => `${place(path, lineOf(mistake.path))}${mistake.message}`,
    ),
    ...mistakesInInstructions(body).map((mistake) => `${path}: ${mistake}`),
  ];
  return checked.mistakes || mistakes.length > 0
    ? { mistakes }
    : { value: toAssistantFile(checked.fields, mcp.servers, body, path) };
}

function place(path: string, line: number | undefined): string {
  return line === undefined ? `${path}: ` : `${path}, line ${line}: `;
}

function mistakesInInstructions(body: string): string[] {
  if (body === '') return ['the instructions are missing: write them below the second line "---".'];
  if (body.length <= MAX_INSTRUCTIONS) return [];
  return [`the instructions are ${body.length} characters long: shorten them to ${MAX_INSTRUCTIONS}.`];
}

function toAssistantFile(
  fields: AssistantFields,
  servers: McpServer[],
  instructions: string,
  path: string,
): AssistantFile {
  const { greeting, prompts, max_completion_tokens, max_prompt_tokens, mcp, ...rest } = fields;
  const { knowledge, contact, stale_after: staleAfterDays, ...assistant } = rest;
  const tools = knowledge?.length ? withFileSearch(assistant.tools) : assistant.tools;
  return {
    params: { ...assistant, tools, instructions },
    run: {
      ...(max_completion_tokens !== undefined && { max_completion_tokens }),
      ...(max_prompt_tokens !== undefined && { max_prompt_tokens }),
    },
    ...(greeting !== undefined && { greeting }),
    prompts,
    ...(mcp && { mcp: servers }),
    ...((knowledge || contact || staleAfterDays) && {
      knowledge: {
        root: dirname(resolve(path)),
        entries: knowledge ?? [],
        ...(contact && { contact }),
        ...(staleAfterDays && { staleAfterDays }),
      },
    }),
  };
}

/** Knowledge that is named shall be searched. */
function withFileSearch(tools: AssistantFields['tools']): AssistantFields['tools'] {
  return tools.some(({ type }) => type === 'file_search') ? tools : [...tools, { type: 'file_search' }];
}
