import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { knowledgeOf } from '../assistant.ts';
import { openServer } from '../bot.ts';
import { holding } from '../holding.ts';
import { carryOut, type KnowledgeCommand, type Told } from '../knowledge/commands.ts';
import { openLog } from '../log.ts';
import { askRunning, openControl } from '../operations/control.ts';
import type { Settings } from '../settings/settings.ts';
import { openStore } from '../store/open-store.ts';
import { isInUse } from '../store/sqlite/database.ts';
import { backupRequests } from './backup.ts';
import { knowledgeRequests } from './knowledge-requests.ts';
import { progressOn } from './progress.ts';

/** As long as a process takes from the store to its first answer: some ten seconds, in steps of so many ms. */
const MOST_ATTEMPTS = 20;
const LOOK_AGAIN_MS = 500;

/** `npm start -- knowledge …`: also while Bobbin runs, which then does it. The exit status is 1 where something is not well. */
export async function knowledge(settings: Settings, command: KnowledgeCommand): Promise<void> {
  const told = await holding(() => carriedOut(settings, command));
  process.stdout.write(`${told.text}\n`);
  if (!told.isWell) process.exitCode = 1;
}

/** By whoever has the store. A process that has only just taken it may not answer yet. */
async function carriedOut(settings: Settings, command: KnowledgeCommand): Promise<Told> {
  for (let attempt = 1; ; attempt++) {
    const told = await byRunning(settings, command);
    if (told) return told;
    try {
      return await alone(settings, command);
    } catch (error) {
      if (!isInUse(error) || attempt >= MOST_ATTEMPTS) throw error;
      await sleep(LOOK_AGAIN_MS);
    }
  }
}

/** A database file belongs to the process that has it open. */
async function byRunning({ store }: Settings, command: KnowledgeCommand): Promise<Told | undefined> {
  if (store.databaseUrl !== undefined) return undefined;
  const asked = command.what === 'eval' ? { ...command, file: resolve(command.file) } : command;
  const answer = await askRunning(store.dataDir, 'knowledge', JSON.stringify(asked));
  return answer === undefined ? undefined : JSON.parse(answer);
}

async function alone(settings: Settings, command: KnowledgeCommand): Promise<Told> {
  const log = await openLog(settings.logLevel ?? 'warn');
  await using open = new AsyncDisposableStack();
  const store = await openStore(settings.store);
  open.defer(() => store.close());
  const server = openServer(settings, store, log, 'operator');
  open.defer(() => server.close());
  const one = knowledgeOf(settings, server.client, store, log);
  open.defer(() => one.close());
  if (!store.shared) {
    const requests = { ...backupRequests(store), ...knowledgeRequests(async () => one) };
    const control = await openControl(settings.store.dataDir, requests, log);
    open.defer(() => control.close());
  }
  const signal = interrupted();
  const told = await carryOut(one, command, {
    signal,
    onStep: progressOn(process.stderr),
    onPause: (reason, ms) => process.stderr.write(`Pausing for ${Math.ceil(ms / 1_000)} s: ${reason}\n`),
  });
  // A bot that runs does it in the background, and this process is about to end.
  if (command.what === 'sync' && !command.isDry) await Promise.race([server.learn?.(), aborted(signal)]);
  return told;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Who asks it to stop gets a summary of what was done until then. */
function interrupted(): AbortSignal {
  const stop = new AbortController();
  void Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => stop.abort());
  return stop.signal;
}
