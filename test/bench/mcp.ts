import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { McpServers } from '../../src/functions/mcp/servers.ts';
import type { CallContext } from '../../src/functions/team-function.ts';
import { parseAssistantFile } from '../../src/settings/assistant-file.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import { type Figure, median, print } from './figure.ts';

const root = join(import.meta.dirname, '../..');
const PROGRAM = join(root, 'test/sim/mcp/program.ts');
const EVERYTHING = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
);

/** Calls of each, in turn. */
const CALLS = 400;
const WARM_UP = 100;

const STARTS = 10;
const FUNCTIONS = 20;
const SERVERS = 5;
const TOOLS = 50;

/** What MCP costs: a call beside the SDK's client alone, and the start with many servers. */
export async function mcpFigures(): Promise<Figure[]> {
  return [await stdioFigure(), await httpFigure(), ...(await startFigures())];
}

async function stdioFigure(): Promise<Figure> {
  const fields = { command: process.execPath, args: [EVERYTHING, 'stdio'] };
  return callFigure('stdio', fields, new StdioClientTransport({ ...fields, stderr: 'ignore' }));
}

async function httpFigure(): Promise<Figure> {
  const port = await freePort();
  const server = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const chunk of server.stderr) if (String(chunk).includes('listening')) break;
  const url = `http://127.0.0.1:${port}/mcp`;
  try {
    return await callFigure('streamable HTTP', { url }, new StreamableHTTPClientTransport(new URL(url)));
  } finally {
    server.kill('SIGKILL');
  }
}

/** The two call the same tool in turn, each of a session of its own. */
async function callFigure(how: string, fields: object, transport: Transport): Promise<Figure> {
  const client = new Client({ name: 'alone', version: '1' });
  await client.connect(transport);
  const servers = serversOf(fields);
  servers.begin();
  await servers.settled();
  const echo = servers.sources[0]?.functions.find(({ name }) => name === 'every__echo');
  if (!echo) throw new Error('The server has no echo.');
  const context = { signal: new AbortController().signal, progress: () => {} } as unknown as CallContext;
  const [alone, ours] = [[] as number[], [] as number[]];
  const args = { message: 'hi' };
  for (let call = 0; call < WARM_UP + CALLS; call++) {
    alone.push(await took(() => client.callTool({ name: 'echo', arguments: args })));
    ours.push(await took(() => echo.call(args, context)));
  }
  await servers.close();
  await client.close();
  const [theirs, mine] = [alone, ours].map((each) => median(each.slice(WARM_UP))) as [number, number];
  return {
    name: `an MCP call over ${how}, to the SDK's client alone (p50 ${theirs.toFixed(2)} ms)`,
    value: (mine / theirs).toFixed(2),
    aim: '1.2',
  };
}

function serversOf(every: object): McpServers {
  const file = `---\n${stringify({ name: 'Ada', model: 'm', mcp: { every } })}---\nHelp.\n`;
  const { value } = parseAssistantFile(file, 'assistant.md');
  return new McpServers(value?.mcp ?? [], memoryStore(), pino({ level: 'silent' }));
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}

/** With and without, in turn; the first start of each is not counted. */
async function startFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  try {
    const [bare, full] = [team(folder, 'bare', 0, 0), team(folder, 'full', FUNCTIONS, SERVERS)];
    const bareStarts: Start[] = [];
    const fullStarts: Start[] = [];
    for (let start = 0; start <= STARTS; start++) {
      bareStarts.push(await startIn(bare));
      fullStarts.push(await startIn(full));
    }
    const over = (which: keyof Start) =>
      median(fullStarts.slice(1).map((start) => start[which])) -
      median(bareStarts.slice(1).map((start) => start[which]));
    const what = `with ${FUNCTIONS} functions and ${SERVERS} MCP servers of ${TOOLS} tools, over one without`;
    return [
      { name: `start to prompt ${what}`, value: `${over('prompt').toFixed(0)} ms`, aim: '300 ms' },
      { name: `start to the end of a first answer ${what}`, value: `${over('answer').toFixed(0)} ms` },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function team(folder: string, name: string, functions: number, servers: number): string {
  const path = join(folder, name);
  mkdirSync(join(path, 'functions'), { recursive: true });
  for (let number = 0; number < functions; number++)
    writeFileSync(join(path, 'functions', `f${number}.ts`), moduleOf(number));
  const server = { command: process.execPath, args: [PROGRAM, '--more', String(TOOLS)], allow: ['more*'] };
  const mcp = Object.fromEntries(Array.from({ length: servers }, (_, number) => [`s${number}`, server]));
  const fields = { name: 'Bobbin', model: 'm', ...(servers > 0 && { mcp }) };
  writeFileSync(join(path, 'assistant.md'), `---\n${stringify(fields)}---\nYou help.\n`);
  return path;
}

function moduleOf(number: number): string {
  return `import { defineFunction } from 'bobbin/functions';
import { z } from 'zod';

export default defineFunction({
  name: 'function_${number}',
  description: 'Does number ${number}.',
  parameters: z.object({ user: z.string().describe('Their user name') }),
  handler: ({ user }) => user,
});
`;
}

/** Milliseconds from the start. */
interface Start {
  prompt: number;
  answer: number;
}

async function startIn(cwd: string): Promise<Start> {
  const began = performance.now();
  const child = spawn(process.execPath, [join(root, 'src/start.js')], {
    cwd,
    env: { PATH: process.env.PATH ?? '', DATA_DIR: join(cwd, 'data') },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const prompt = first(child, 'stderr', began);
  const answer = first(child, 'stdout', began);
  child.stdin.write('Hello\n');
  const start = { prompt: await prompt, answer: await answer };
  child.stdin.end();
  await once(child, 'close');
  return start;
}

async function first(child: ChildProcess, stream: 'stdout' | 'stderr', began: number): Promise<number> {
  await once(child[stream] ?? child, 'data');
  return performance.now() - began;
}

if (import.meta.main) print(await mcpFigures());
