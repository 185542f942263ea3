/** One line of the benchmark. */
export interface Figure {
  name: string;
  value: string;
  aim?: string;
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The value under which such a share of all lies. */
export function percentile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;
}

export function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

export function print(figures: Figure[]): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const { name, value, aim } of figures) {
    process.stdout.write(`${name.padEnd(width)}  ${value}${aim ? `  (aim: ${aim})` : ''}\n`);
  }
}
