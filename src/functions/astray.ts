import { AsyncLocalStorage } from 'node:async_hooks';
import { inspect } from 'node:util';

/** Is told of what went wrong where nobody waits for it. */
type Report = (error: unknown) => void;

const reports = new AsyncLocalStorage<Report>();

let isListening = false;

/**
 * Does work of the team. A promise that it forgets to wait for, or a timer that throws later, ends nobody's process:
 * `report` is told instead.
 */
export function contained<T>(report: Report, work: () => T): T {
  if (!isListening) {
    process.on('uncaughtException', astray('uncaughtException'));
    process.on('unhandledRejection', astray('unhandledRejection'));
  }
  isListening = true;
  return reports.run(report, work);
}

/** What is not the team's ends the process, as it does where nobody listens. */
function astray(event: 'uncaughtException' | 'unhandledRejection'): Report {
  return (error) => {
    const report = reports.getStore();
    if (report) report(error);
    else if (process.listenerCount(event) === 1) {
      process.stderr.write(`${inspect(error)}\n`);
      process.exit(1);
    }
  };
}
