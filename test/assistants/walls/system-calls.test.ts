import { expect, test } from 'vitest';
import { filterOfSystemCalls } from '../../../src/assistants/walls/system-calls.ts';

const [KILL, EPERM, ENOSYS, ALLOW] = [0x80000000, 0x00050001, 0x00050026, 0x7fff0000];

interface Call {
  architecture: number;
  number: number;
  arguments?: [number, number];
}

/** What the kernel does with a call, by the part of classic BPF that the filter is made of. */
function run(filter: Buffer, { architecture, number, arguments: [first, second] = [0, 0] }: Call): number {
  const data = new Map([
    [0, number],
    [4, architecture],
    [16, first],
    [24, second],
  ]);
  let loaded = 0;
  for (let at = 0; ; at += 1) {
    const code = filter.readUInt16LE(at * 8);
    const operand = filter.readUInt32LE(at * 8 + 4);
    const jump = (isTrue: boolean) => filter.readUInt8(at * 8 + (isTrue ? 2 : 3));
    if (code === 0x06) return operand;
    if (code === 0x20) loaded = data.get(operand) ?? Number.NaN;
    else if (code === 0x15) at += jump(loaded === operand);
    else if (code === 0x35) at += jump(loaded >= operand);
    else if (code === 0x45) at += jump((loaded & operand) !== 0);
    else throw new Error(`An unknown instruction: ${code}.`);
  }
}

const X64 = 0xc000003e;
const ARM64 = 0xc00000b7;

/** The names are those of the kernel; the numbers its own tables'. */
const CALLS: [name: string, call: Call, outside: number, withSignals: number][] = [
  ['read', { architecture: X64, number: 0 }, ALLOW, ALLOW],
  ['execve, with which every child begins', { architecture: X64, number: 59 }, ALLOW, ALLOW],
  ['socket', { architecture: X64, number: 41 }, EPERM, EPERM],
  ['connect', { architecture: X64, number: 42 }, EPERM, EPERM],
  ['ptrace', { architecture: X64, number: 101 }, EPERM, EPERM],
  ['unshare', { architecture: X64, number: 272 }, EPERM, EPERM],
  ['io_uring_setup', { architecture: X64, number: 425 }, ENOSYS, ENOSYS],
  ['clone3', { architecture: X64, number: 435 }, ENOSYS, ENOSYS],
  ['clone of a thread', { architecture: X64, number: 56, arguments: [0x3d0f00, 0] }, ALLOW, ALLOW],
  ['clone of a process', { architecture: X64, number: 56, arguments: [0x1200011, 0] }, EPERM, EPERM],
  ['fork', { architecture: X64, number: 57 }, EPERM, EPERM],
  ['kill', { architecture: X64, number: 62, arguments: [1, 9] }, ALLOW, EPERM],
  ['kill that only asks', { architecture: X64, number: 62, arguments: [1, 0] }, ALLOW, ALLOW],
  ['tgkill', { architecture: X64, number: 234 }, ALLOW, EPERM],
  ['socket of the second interface', { architecture: X64, number: 0x40000029 }, ENOSYS, ENOSYS],
  ['another architecture', { architecture: 0x40000003, number: 0 }, KILL, KILL],
  ['read on arm64', { architecture: ARM64, number: 63 }, ALLOW, ALLOW],
  ['socket on arm64', { architecture: ARM64, number: 198 }, EPERM, EPERM],
  [
    'clone of a thread on arm64',
    { architecture: ARM64, number: 220, arguments: [0x3d0f00, 0] },
    ALLOW,
    ALLOW,
  ],
  ['clone of a process on arm64', { architecture: ARM64, number: 220, arguments: [17, 0] }, EPERM, EPERM],
  ['kill on arm64', { architecture: ARM64, number: 129, arguments: [1, 9] }, ALLOW, EPERM],
];

test.each(CALLS)('%s', (_, call, outside, withSignals) => {
  const architecture = call.architecture === ARM64 ? 'arm64' : 'x64';
  const answers = [false, true].map((signals) => {
    const filter = filterOfSystemCalls(architecture, signals);
    return filter && run(filter, call);
  });
  expect(answers).toEqual([outside, withSignals]);
});

test('on an architecture whose numbers are not known there is none', () => {
  expect(filterOfSystemCalls('riscv64', true)).toBeUndefined();
});
