import { RESTJSONErrorCodes } from 'discord.js';
import { ApiError } from '../api-error.ts';
import { isSnowflake } from '../ids.ts';
import { isJson, type Json } from '../json.ts';

type Path = readonly (string | number)[];

interface Bounds {
  min?: number;
  max: number;
  required?: boolean;
}

/** Characters as Discord counts them: code points (a maintainer in discord-api-docs#1315). */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/**
 * A body under examination. Every fault is noted where it stands, and all are told together as Discord does:
 * https://discord.com/developers/docs/reference#error-messages
 */
export class Form {
  readonly #errors: Json = {};
  #faulty = false;

  fault(path: Path, code: string, message: string): void {
    this.#faulty = true;
    const place = path.reduce<Json>((node, key) => {
      const next = node[key];
      const child = isJson(next) ? next : {};
      node[key] = child;
      return child;
    }, this.#errors);
    const before = Array.isArray(place._errors) ? place._errors : [];
    place._errors = [...before, { code, message }];
  }

  /** @throws ApiError 50035 with everything that was noted. */
  check(): void {
    if (this.#faulty) {
      throw new ApiError(400, RESTJSONErrorCodes.InvalidFormBodyOrContentType, 'Invalid Form Body', {
        errors: this.#errors,
      });
    }
  }

  /** @returns the text, or undefined if it is absent or faulty. */
  text(path: Path, value: unknown, { min = 0, max, required = false }: Bounds): string | undefined {
    if (value === undefined || value === null) {
      if (required) this.fault(path, 'BASE_TYPE_REQUIRED', 'This field is required');
      return undefined;
    }
    if (typeof value !== 'string') {
      this.fault(path, 'STRING_TYPE_CONVERT', `Could not interpret "${String(value)}" as string.`);
      return undefined;
    }
    const length = lengthOf(value);
    if (length > max || length < min) {
      if (min === 0) this.fault(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`);
      else this.fault(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`);
    }
    return value;
  }

  integer(path: Path, value: unknown, { min, max }: { min: number; max: number }): number | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      this.fault(path, 'NUMBER_TYPE_COERCE', `Value "${String(value)}" is not int.`);
      return undefined;
    }
    if (value > max) this.fault(path, 'NUMBER_TYPE_MAX', `int value should be less than or equal to ${max}.`);
    if (value < min)
      this.fault(path, 'NUMBER_TYPE_MIN', `int value should be greater than or equal to ${min}.`);
    return value;
  }

  flag(path: Path, value: unknown): boolean | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'boolean') return value;
    this.fault(path, 'BOOLEAN_TYPE_CONVERT', 'Must be either true or false.');
    return undefined;
  }

  choice<T extends string | number>(path: Path, value: unknown, choices: readonly T[]): T | undefined {
    if (value === undefined || value === null) return undefined;
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    this.fault(path, 'BASE_TYPE_CHOICES', `Value must be one of (${choices.join(', ')}).`);
    return undefined;
  }

  id(path: Path, value: unknown): string | undefined {
    if (value === undefined || value === null) return undefined;
    const text = String(value);
    if (isSnowflake(text)) return text;
    this.fault(path, 'NUMBER_TYPE_COERCE', `Value "${text}" is not snowflake.`);
    return undefined;
  }

  object(path: Path, value: unknown): Json | undefined {
    if (value === undefined || value === null) return undefined;
    if (isJson(value)) return value;
    this.fault(path, 'DICT_TYPE_CONVERT', 'Only dictionaries may be used in a DictType');
    return undefined;
  }

  list(path: Path, value: unknown, { min = 0, max }: Bounds): unknown[] | undefined {
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) {
      this.fault(path, 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType');
      return undefined;
    }
    if (value.length > max || value.length < min) {
      if (min === 0) this.fault(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`);
      else this.fault(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`);
    }
    return value;
  }

  /** The objects of a list, each with its place; faulty ones are noted and left out. */
  objects(path: Path, value: unknown, bounds: Bounds): { path: Path; value: Json }[] {
    return (this.list(path, value, bounds) ?? []).flatMap((item, index) => {
      const object = this.object([...path, index], item);
      return object ? [{ path: [...path, index], value: object }] : [];
    });
  }
}
