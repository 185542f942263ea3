import type { WayOut } from './way-out.ts';

/** Ways to break this Python, so that something else may come loose. It ends; nothing else happens. */
export const WAYS_TO_BREAK: (Omit<WayOut, 'shut'> & { says?: string })[] = [
  {
    name: 'bytecode that reaches for what is not there',
    code: () => `
import opcode
def f(): return 1
beyond = [opcode.opmap["EXTENDED_ARG"], 0x0f] * 3 + [opcode.opmap["LOAD_CONST"], 0xff, opcode.opmap["RETURN_VALUE"], 0]
f.__code__ = f.__code__.replace(co_code=bytes([opcode.opmap["RESUME"], 0] + beyond))
print("DONE", f())`,
  },
  { name: 'a segmentation fault', code: () => 'import faulthandler; faulthandler._sigsegv(); print("DONE")' },
  { name: 'abort() in C', code: () => 'import faulthandler; faulthandler._sigabrt(); print("DONE")' },
  {
    name: 'a recursion without end, in C',
    code: () => 'class A:\n  def __repr__(self): return repr(self)\nA()',
    says: 'too deep',
  },
  {
    name: 'a recursion without end, with the limit taken away',
    code: () => 'import sys; sys.setrecursionlimit(2**30)\ndef f(): return f()\nf()',
    says: 'too deep',
  },
];
