import type { Finding } from '../../../src/operations/doctor/finding.ts';
import { report } from '../../../src/operations/doctor/report.ts';
import { TextSink } from './text-sink.ts';

/** The lines that an examination prints, without the indent and the summary. */
export async function told(examine: () => AsyncIterable<Finding>): Promise<string[]> {
  const sink = new TextSink();
  await report([{ title: 'Part', examine }], sink, (text) => text);
  return sink.text
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.slice(2));
}
