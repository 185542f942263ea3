/** What the kernel calls an architecture: https://github.com/torvalds/linux/blob/master/include/uapi/linux/audit.h */
const ARCHITECTURES: Readonly<Record<string, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** A call's number on x64 and on arm64, where it exists. */
type Numbers = readonly [x64: number | undefined, arm64: number | undefined];

/**
 * What no child needs, and what somebody who has broken out of Node.js would want: connections, other processes,
 * mounts, namespaces, keys, and the kernel's own programs. Numbers of unistd.h, which never change.
 */
const REFUSED: Readonly<Record<string, Numbers>> = {
  socket: [41, 198],
  socketpair: [53, 199],
  connect: [42, 203],
  accept: [43, 202],
  accept4: [288, 242],
  bind: [49, 200],
  listen: [50, 201],
  fork: [57, undefined],
  vfork: [58, undefined],
  execveat: [322, 281],
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
  pidfd_send_signal: [424, 424],
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  mknod: [133, undefined],
  mknodat: [259, 33],
  fanotify_init: [300, 262],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  shmget: [29, 194],
  shmat: [30, 196],
  semget: [64, 190],
  msgget: [68, 186],
  mq_open: [240, 180],
  personality: [135, 92],
};

/** Whoever hears that these do not exist uses others: `clone`, whose flags can be looked at, and plain system calls. */
const ABSENT: readonly Numbers[] = [
  [435, 435], // clone3
  [425, 425], // io_uring_setup, through which connections can be had past this filter
  [426, 426], // io_uring_enter
  [427, 427], // io_uring_register
];

/** Signals, by which other processes of the same user could be ended. */
const SIGNALS: readonly Numbers[] = [
  [200, 130], // tkill
  [234, 131], // tgkill
  [129, 138], // rt_sigqueueinfo
  [297, 240], // rt_tgsigqueueinfo
];
const KILL: Numbers = [62, 129];
const CLONE: Numbers = [56, 220];

/** A thread is made by it, and not a process. */
const CLONE_THREAD = 0x00010000;

/** From here on the numbers on x64 are those of its second interface, x32, which nobody uses. */
const X32 = 0x40000000;

const EPERM = 1;
const ENOSYS = 38;

const KILL_PROCESS = 0x80000000;
const ALLOW = 0x7fff0000;
const refuse = (errno: number) => 0x00050000 | errno;

/** Instructions of classic BPF: https://www.kernel.org/doc/html/latest/networking/filter.html */
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_GREATER_OR_EQUAL = 0x35;
const IF_BITS = 0x45;
const RETURN = 0x06;

/** Where `struct seccomp_data` has what is looked at; of an argument the lower half. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const ARGUMENTS = [16, 24] as const;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

/**
 * A seccomp filter, as bubblewrap and setpriv take it, that refuses a child what it does not need; undefined on an
 * architecture whose numbers are not known here. https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
 *
 * @param signals true: also signals to others, for a child that sees them
 */
export function filterOfSystemCalls(architecture: string, signals: boolean): Buffer | undefined {
  const audited = ARCHITECTURES[architecture];
  if (audited === undefined) return undefined;
  const numberOf = (numbers: Numbers) => numbers[architecture === 'x64' ? 0 : 1];
  const refusing = (calls: readonly Numbers[], errno: number) =>
    calls.flatMap((numbers) => {
      const number = numberOf(numbers);
      return number === undefined ? [] : [...onCall(number, [[RETURN, 0, 0, refuse(errno)]])];
    });
  return assembled([
    [LOAD, 0, 0, ARCHITECTURE],
    [IF_EQUAL, 1, 0, audited],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD, 0, 0, NUMBER],
    ...(architecture === 'x64' ? rejectX32() : []),
    ...refusing(Object.values(REFUSED), EPERM),
    ...refusing(ABSENT, ENOSYS),
    ...onCall(numberOf(CLONE) ?? 0, [
      [LOAD, 0, 0, ARGUMENTS[0]],
      [IF_BITS, 1, 0, CLONE_THREAD],
      [RETURN, 0, 0, refuse(EPERM)],
      [RETURN, 0, 0, ALLOW],
    ]),
    ...(signals ? [...refusing(SIGNALS, EPERM), ...onlyAsking(numberOf(KILL) ?? 0)] : []),
    [RETURN, 0, 0, ALLOW],
  ]);
}

/** The instructions for one call; they have to end it. */
function onCall(number: number, instructions: readonly Instruction[]): Instruction[] {
  return [[IF_EQUAL, 0, instructions.length, number], ...instructions];
}

function rejectX32(): Instruction[] {
  return [
    [IF_GREATER_OR_EQUAL, 0, 1, X32],
    [RETURN, 0, 0, refuse(ENOSYS)],
  ];
}

/** Signal 0 does nothing but say whether a process is there. */
function onlyAsking(kill: number): Instruction[] {
  return onCall(kill, [
    [LOAD, 0, 0, ARGUMENTS[1]],
    [IF_EQUAL, 1, 0, 0],
    [RETURN, 0, 0, refuse(EPERM)],
    [RETURN, 0, 0, ALLOW],
  ]);
}

/** `struct sock_filter[]`. */
function assembled(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  for (const [index, [code, ifTrue, ifFalse, operand]] of instructions.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4);
  }
  return bytes;
}
