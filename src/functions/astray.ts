import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import { inspect } from 'node:util';

/** Is told of what went wrong where nobody waits for it. */
type Report = (error: unknown) => void;

const reports = new AsyncLocalStorage<Report>();

/** By what is loaded: who is told of code of it that stands in a stack, where nothing else tells whose it is. */
const owners = new Map<string, (stack: string) => Report | undefined>();

let isListening = false;

/**
 * Does work of the team. A promise that it forgets to wait for, or a timer that throws later, ends nobody's process, and
 * neither do `process.exit`, `process.abort` and `process.kill`: `report` is told instead.
 */
export function contained<T>(report: Report, work: () => T): T {
  if (!isListening) {
    process.on('uncaughtException', astray('uncaughtException'));
    process.on('unhandledRejection', astray('unhandledRejection'));
    holdEndings();
  }
  isListening = true;
  return reports.run(report, work);
}

/**
 * Knows code by the stack, for what the process itself calls, such as listeners for signals.
 * @param loaded What `owner` knows; who came before for the same is forgotten.
 */
export function ownedBy(loaded: string, owner: (stack: string) => Report | undefined): void {
  owners.set(loaded, owner);
}

/** What is not the team's ends the process, as it does where nobody listens. */
function astray(event: 'uncaughtException' | 'unhandledRejection'): Report {
  return (error) => {
    const report = reportOf(error);
    if (report) report(error);
    else if (process.listenerCount(event) === 1) {
      process.stderr.write(`${inspect(error)}\n`);
      process.exit(1);
    }
  };
}

function reportOf(error: unknown): Report | undefined {
  const known = reports.getStore();
  if (known) return known;
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const owner of owners.values()) {
    const report = owner(stack);
    if (report) return report;
  }
  return undefined;
}

/** What ends a process ends it only where the team's code does not call it. Bobbin's own ways to end stay as they are. */
function holdEndings(): void {
  const { exit, reallyExit, abort, kill } = process as typeof process & { reallyExit: typeof process.exit };
  const isOurs = (pid: unknown, signal: unknown) => signal !== 0 && OURS.has(Number(pid));
  Object.assign(process, {
    exit: held('exit', exit),
    reallyExit: held('reallyExit', reallyExit),
    abort: held('abort', abort),
    kill: held('kill', kill, isOurs),
  });
  // Who imports them by their names gets the same.
  syncBuiltinESMExports();
}

/** This process, and the group that it may lead or belong to. */
const OURS: ReadonlySet<number> = new Set([process.pid, -process.pid, 0]);

type Ending = (...args: never[]) => unknown;

function held(name: string, real: Ending, isEnding: Ending = () => true): Ending {
  return (...args) => {
    const error = new Error(`process.${name}(${args.join(', ')}) was called, and ends nothing here`);
    const report = isEnding(...args) ? reportOf(error) : undefined;
    if (!report) return Reflect.apply(real, process, args);
    // It may be caught where it is thrown, and nothing after it is meant to happen.
    report(error);
    throw error;
  };
}
