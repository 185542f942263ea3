import type { Attributes, Filter } from './search-index.ts';

/**
 * Whether a file with these attributes is meant. Only numbers are compared with numbers, and texts with texts; what is
 * missing is not equal to anything, neither larger nor smaller.
 */
export function matches(filter: Filter, attributes: Attributes): boolean {
  switch (filter.type) {
    case 'and':
      return filter.filters.every((one) => matches(one, attributes));
    case 'or':
      return filter.filters.some((one) => matches(one, attributes));
    case 'in':
      return filter.value.includes(attribute(attributes, filter.key) as string);
    case 'nin':
      return !filter.value.includes(attribute(attributes, filter.key) as string);
    case 'eq':
      return attribute(attributes, filter.key) === filter.value;
    case 'ne':
      return attribute(attributes, filter.key) !== filter.value;
    default:
      return compares(filter.type, attribute(attributes, filter.key), filter.value);
  }
}

/** An attribute of the file's own: none has one named `constructor` by birth. */
function attribute(attributes: Attributes, key: string): unknown {
  return Object.hasOwn(attributes, key) ? attributes[key] : undefined;
}

function compares(
  type: 'gt' | 'gte' | 'lt' | 'lte',
  one: unknown,
  other: string | number | boolean,
): boolean {
  if (typeof one !== typeof other) return false;
  const value = one as typeof other;
  if (type === 'gt') return value > other;
  if (type === 'gte') return value >= other;
  return type === 'lt' ? value < other : value <= other;
}
