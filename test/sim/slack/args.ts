import type { Json } from './objects.ts';
import { invalidArguments } from './slack-error.ts';

/** The arguments of a Web API call. Forms carry everything as strings, lists and objects as JSON in them. */
export class Args {
  readonly values: Json;

  constructor(values: Json) {
    this.values = values;
  }

  /** Empty and missing are the same to Slack. */
  text(name: string): string | undefined {
    const value = this.values[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'object') throw invalidArguments(`must provide a string [json-pointer:/${name}]`);
    return String(value);
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw invalidArguments(`missing required field: ${name}`);
    return value;
  }

  flag(name: string): boolean {
    return this.text(name) === 'true' || this.text(name) === '1';
  }

  /** A list or an object, decoded where it came as a string; a string that is no JSON is answered as it is. */
  json(name: string): unknown {
    const value = this.values[name];
    if (value === null || value === '') return undefined;
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }

  /** Also a comma-separated string, as Slack takes it. */
  list(name: string): unknown[] | undefined {
    const value = this.json(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string') return value.split(',');
    if (!Array.isArray(value)) throw invalidArguments(`must provide an array [json-pointer:/${name}]`);
    return value;
  }

  number(name: string, fallback: number): number {
    const value = Number(this.text(name) ?? fallback);
    if (Number.isNaN(value)) throw invalidArguments(`must provide a number [json-pointer:/${name}]`);
    return value;
  }
}
