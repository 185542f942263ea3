/** One line of the benchmark. */
export interface Figure {
  name: string;
  value: string;
  aim?: string;
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function print(figures: Figure[]): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const { name, value, aim } of figures) {
    process.stdout.write(`${name.padEnd(width)}  ${value}${aim ? `  (aim: ${aim})` : ''}\n`);
  }
}
