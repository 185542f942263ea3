import { existsSync } from 'node:fs';
import { openParts } from '../bot.ts';
import { openLog } from '../log.ts';
import { examineAssistantsServer } from '../operations/doctor/assistants-server.ts';
import { broken, type Finding, type Section, unknown, well } from '../operations/doctor/finding.ts';
import { examineKnowledge } from '../operations/doctor/knowledge.ts';
import { examineModel } from '../operations/doctor/model.ts';
import { examinePackages } from '../operations/doctor/packages.ts';
import { redactor } from '../operations/doctor/redact.ts';
import { report } from '../operations/doctor/report.ts';
import { examineSandbox } from '../operations/doctor/sandbox.ts';
import { examineSqlite } from '../operations/doctor/sqlite.ts';
import { useProxies } from '../operations/proxy/proxies.ts';
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
  const sections = [configuration(mistakes), ...(settings ? partsOf(settings, ask) : [])];
  if (!(await report(sections, process.stdout, redactor(settings)))) process.exitCode = 1;
}

function configuration(mistakes: readonly string[]): Section {
  const findings =
    mistakes.length === 0
      ? [well('The settings and assistant.md are right.')]
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
  const known = knowledge(settings);
  if (baseURL === undefined)
    return [store, model(settings, ask), ...platforms(settings), ...known, sandbox(settings)];
  const server = { title: 'Assistants server', examine: () => examineAssistantsServer(baseURL, access) };
  return [store, server, ...platforms(settings), ...known];
}

function model(settings: Settings, ask: boolean): Section {
  const { model } = settings.assistant.params;
  return { title: 'Model', examine: () => examineModel(openParts(settings), model, ask) };
}

function sandbox(settings: Settings): Section {
  const { tools = [] } = settings.assistant.params;
  const { python, pythonBytes, packages } = openParts(settings);
  const { dataDir } = settings.store;
  // Where a Bobbin has started, it has left what lets Python start fast; nowhere is a folder made.
  const cache = existsSync(dataDir) && { cacheDir: dataDir };
  const pythons = {
    usual: () => python({ ...cache }),
    hurried: (runMs: number) => python({ ...cache, limits: { runMs } }),
    pythonBytes,
  };
  const runsCode = tools.some(({ type }) => type === 'code_interpreter');
  if (!runsCode) return { title: 'Sandbox', examine: () => [well('assistant.md has no code_interpreter.')] };
  return {
    title: 'Sandbox',
    async *examine() {
      yield* examineSandbox(pythons);
      yield* examinePackages(pythons.usual, packages);
    },
  };
}

function knowledge({ assistant }: Settings): Section[] {
  const { knowledge: named } = assistant;
  if (!named || named.entries.length === 0) return [];
  return [{ title: 'Knowledge', examine: () => examineKnowledge(named) }];
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
