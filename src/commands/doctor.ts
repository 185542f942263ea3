import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openParts } from '../bot.ts';
import { secretsOf } from '../functions/output/secrets.ts';
import { openLog } from '../log.ts';
import { examineAssistantsServer } from '../operations/doctor/assistants-server.ts';
import { broken, type Finding, limited, type Section, unknown, well } from '../operations/doctor/finding.ts';
import { examineHostedCode } from '../operations/doctor/hosted-code.ts';
import { examineKnowledge } from '../operations/doctor/knowledge.ts';
import { examineModel } from '../operations/doctor/model.ts';
import { examinePackages } from '../operations/doctor/packages.ts';
import { redactor } from '../operations/doctor/redact.ts';
import { report } from '../operations/doctor/report.ts';
import { examineSandbox } from '../operations/doctor/sandbox.ts';
import { examineSqlite } from '../operations/doctor/sqlite.ts';
import { examineWalls } from '../operations/doctor/walls.ts';
import { useProxies } from '../operations/proxy/proxies.ts';
import { notHosted } from '../settings/hosted-code.ts';
import { checkSettings, type Settings } from '../settings/settings.ts';

export interface DoctorOptions {
  /** Also ask the model a question, which costs a few tokens. */
  ask: boolean;
}

/**
 * `npm start -- doctor`: looks whether everything that Bobbin needs is as it should be, and says of each thing that is not
 * what to do. It changes nothing that is kept, and may run beside a Bobbin. The exit status is 1 where something is broken.
 */
export async function doctor(env: NodeJS.ProcessEnv, { ask }: DoctorOptions): Promise<void> {
  const { value: settings, mistakes = [] } = await checkSettings(env);
  if (settings?.proxy) useProxies(settings.proxy);
  const unhosted = settings?.assistant.hostedCode && notHosted(settings);
  const sections = [configuration(mistakes, unhosted), ...(settings ? partsOf(settings, ask) : [])];
  const ofSettings = redactor(settings);
  // What a module throws may hold any of them.
  const { redact } = secretsOf(env);
  const isWell = await report(sections, process.stdout, (text) => redact(ofSettings(text)));
  // Modules of the team may keep a process for ever.
  process.stdout.write('', () => process.exit(isWell ? 0 : 1));
}

function configuration(mistakes: readonly string[], unhosted: string | undefined): Section {
  const findings =
    mistakes.length === 0
      ? [well('The settings and assistant.md are right.'), ...(unhosted ? [limited(unhosted)] : [])]
      : [...mistakes.map(broken), unknown('Nothing else is looked at until that is put right.')];
  return { title: 'Configuration', examine: () => findings };
}

function partsOf(settings: Settings, ask: boolean): Section[] {
  const { databaseUrl, dataDir, poolSize } = settings.store;
  const { baseURL, ...access } = settings.assistants;
  const store: Section = {
    title: 'Store',
    examine: () => (databaseUrl ? postgres(databaseUrl, poolSize) : examineSqlite(dataDir)),
  };
  const known = [...knowledge(settings), ...functions(settings), ...mcp(settings)];
  if (baseURL === undefined)
    return [
      store,
      model(settings, ask),
      ...platforms(settings),
      ...known,
      sandbox(settings),
      walls(settings),
    ];
  const server = { title: 'Assistants server', examine: () => examineAssistantsServer(baseURL, access) };
  return [store, server, ...platforms(settings), ...known];
}

function model(settings: Settings, ask: boolean): Section {
  const { model } = settings.assistant.params;
  return { title: 'Model', examine: () => examineModel(openParts(settings), model, ask) };
}

function sandbox(settings: Settings): Section {
  const { tools = [] } = settings.assistant.params;
  const { python, pythonBytes, packages, examineContainers } = openParts(settings);
  const { dataDir } = settings.store;
  // Where a Bobbin has started, it has left what lets Python start fast; nowhere is a folder made.
  const cache = existsSync(dataDir) && { cacheDir: dataDir };
  const pythons = {
    usual: () => python({ ...cache }),
    hurried: (runMs: number) => python({ ...cache, limits: { runMs } }),
    pythonBytes,
  };
  const runsCode = tools.some(({ type }) => type === 'code_interpreter');
  const own = async function* () {
    yield* examineSandbox(pythons);
    yield* examinePackages(pythons.usual, packages);
  };
  const examine = () => {
    if (!runsCode) return [well('assistant.md has no code_interpreter.')];
    return examineContainers ? examineHostedCode(examineContainers, own) : own();
  };
  return { title: 'Sandbox', examine };
}

/** Around Python, and around what reads documents. */
function walls(settings: Settings): Section {
  return { title: 'Walls', examine: () => examineWalls(openParts(settings).walls) };
}

function knowledge({ assistant }: Settings): Section[] {
  const { knowledge: named } = assistant;
  if (!named || named.entries.length === 0) return [];
  return [{ title: 'Knowledge', examine: () => examineKnowledge(named) }];
}

function functions({ functions: { dir, isRequired } }: Settings): Section[] {
  const folder = resolve(dir);
  if (!isRequired && !existsSync(folder)) return [];
  return [
    {
      title: 'Functions',
      async *examine() {
        const { examineFunctions } = await import('../operations/doctor/functions.ts');
        yield* examineFunctions(folder, isRequired);
      },
    },
  ];
}

/** Loaded only where it is used. */
function mcp({ assistant, store }: Settings): Section[] {
  const { mcp: servers = [] } = assistant;
  if (servers.length === 0) return [];
  async function* examine(): AsyncGenerator<Finding> {
    const { examineMcp } = await import('../operations/doctor/mcp.ts');
    yield* examineMcp(servers, store.databaseUrl === undefined ? store.dataDir : undefined);
  }
  return [{ title: 'MCP servers', examine }];
}

/** Loaded only where it is used. */
async function* postgres(databaseUrl: string, poolSize: number | undefined): AsyncGenerator<Finding> {
  const { examinePostgres } = await import('../operations/doctor/postgres.ts');
  yield* examinePostgres(databaseUrl, poolSize);
}

function platforms({ slack, discord }: Settings): Section[] {
  const sections: Section[] = [];
  if (slack)
    sections.push({
      title: 'Slack',
      async *examine() {
        const { examine } = await import('../../adapters/slack/examine.ts');
        yield* examine({ ...slack, log: await openLog('silent') });
      },
    });
  if (discord)
    sections.push({
      title: 'Discord',
      async *examine() {
        const { examine } = await import('../../adapters/discord/examine.ts');
        yield* examine(discord);
      },
    });
  if (sections.length > 0) return sections;
  return [{ title: 'Platforms', examine: () => [well('None is set: "npm start" chats in the terminal.')] }];
}
