import { expect, test } from 'vitest';
import { matches } from '../../src/store/filter.ts';
import type { Filter } from '../../src/store/search-index.ts';

const FILE = { team: 'sales', year: 2026, draft: false };

test.each<[Filter, boolean]>([
  [{ type: 'eq', key: 'team', value: 'sales' }, true],
  [{ type: 'eq', key: 'year', value: '2026' }, false],
  [{ type: 'eq', key: 'draft', value: false }, true],
  [{ type: 'eq', key: 'none', value: '' }, false],
  [{ type: 'eq', key: 'constructor', value: 'x' }, false],
  [{ type: 'ne', key: 'team', value: 'sales' }, false],
  [{ type: 'ne', key: 'none', value: 'sales' }, true],
  [{ type: 'gt', key: 'year', value: 2025 }, true],
  [{ type: 'gt', key: 'year', value: 2026 }, false],
  [{ type: 'gte', key: 'year', value: 2026 }, true],
  [{ type: 'lt', key: 'year', value: 2026 }, false],
  [{ type: 'lte', key: 'year', value: 2026 }, true],
  [{ type: 'gt', key: 'year', value: '2' }, false],
  [{ type: 'lt', key: 'none', value: 3 }, false],
  [{ type: 'gte', key: 'team', value: 'm' }, true],
  [{ type: 'in', key: 'year', value: [2025, 2026] }, true],
  [{ type: 'in', key: 'none', value: [2025] }, false],
  [{ type: 'nin', key: 'team', value: ['hr', 'legal'] }, true],
  [{ type: 'nin', key: 'team', value: ['sales'] }, false],
  [{ type: 'and', filters: [] }, true],
  [{ type: 'or', filters: [] }, false],
  [
    {
      type: 'and',
      filters: [
        { type: 'eq', key: 'team', value: 'sales' },
        {
          type: 'or',
          filters: [
            { type: 'lt', key: 'year', value: 2000 },
            { type: 'eq', key: 'draft', value: false },
          ],
        },
      ],
    },
    true,
  ],
])('%j', (filter, expected) => {
  expect(matches(filter, FILE)).toBe(expected);
});
