import type { UserSpec } from './options.ts';

/** So many people who have nothing else in common: `person0` and so on. */
export function crowdOf(count: number): UserSpec[] {
  return Array.from({ length: count }, (_, number) => ({ id: `U0CROWD${number}`, name: `person${number}` }));
}
