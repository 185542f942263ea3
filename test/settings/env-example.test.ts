import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { assistantSource, readConfig } from '../../src/settings/config.ts';

const example = readFileSync(join(import.meta.dirname, '../..', '.env.example'), 'utf8');
const names = [...example.matchAll(/^#([A-Z_]+)=/gm)].map((match) => match[1]);

test('.env.example has every variable that is read, and no other', () => {
  const read = new Set<PropertyKey>();
  const env = new Proxy({}, { get: (_, name) => void read.add(name) });
  readConfig(env);
  assistantSource(env);
  expect(names.toSorted()).toEqual([...read].toSorted());
});

test('.env.example can be used as it is, and with every variable uncommented', () => {
  expect(readConfig(parseEnv(example))).toEqual(readConfig({}));
  const uncommented = parseEnv(example.replace(/^#(?=[A-Z_]+=)/gm, ''));
  expect(Object.keys(uncommented)).toHaveLength(names.length);
  expect(readConfig(uncommented)).toEqual(readConfig({}));
  expect(assistantSource(uncommented)).toEqual(assistantSource({}));
});
