import { AsyncLocalStorage } from 'node:async_hooks';
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Fields that may hold a secret, wherever they turn up one or two levels deep. */
const SECRETS = ['apiKey', 'token', 'authorization', 'password', 'headers', 'databaseUrl'];

/** What lines of the log carry, such as the conversation that they are about. */
export type LogFields = Readonly<Record<string, string>>;

const carried = new AsyncLocalStorage<Record<string, string>>();

/** Every line that is logged in the course of `work`, however deep in it and by whichever logger, carries `fields`, too. */
export function logging<T>(fields: LogFields, work: () => T): T {
  return carried.run({ ...carried.getStore(), ...fields }, work);
}

/** Adds to the fields of the innermost `logging` what is known only now, such as the id of a run. */
export function addToLog(fields: LogFields): void {
  Object.assign(carried.getStore() ?? {}, fields);
}

/** For pino, which adds to the object that it is given. */
export function logFields(): Record<string, string> {
  return { ...carried.getStore() };
}

/** A logger on stderr: one JSON object a line, or pretty lines on a terminal. Never logs a secret's field. */
export async function openLog(level: string): Promise<Logger> {
  const redact = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const options = { level, redact, mixin: logFields };
  if (!process.stderr.isTTY) return pino(options, pino.destination({ dest: 2, sync: true }));
  const { PinoPretty } = await import('pino-pretty');
  return pino(options, PinoPretty({ destination: 2, sync: true, ignore: 'pid,hostname' }));
}

/** A logger for code that is not ours, with more fields: `redact` takes away from the errors that it logs what nobody may read. */
export function redactingErrors(
  log: Logger,
  redact: (text: string) => string,
  fields: Record<string, string> = {},
): Logger {
  const err = (error: Error) => redacted(pino.stdSerializers.err(error), redact);
  return log.child(fields, { serializers: { err } });
}

function redacted(error: unknown, redact: (text: string) => string): unknown {
  try {
    return JSON.parse(redact(JSON.stringify(error)));
  } catch {
    return { message: redact(String(Object(error).message)) };
  }
}
