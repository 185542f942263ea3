import { encodeFrame } from '../../../../src/assistants/code-interpreter/child/frames.js';
import { attempts, type WayOut } from './way-out.ts';

export const WAYS_TO_PROCESSES: WayOut[] = [
  {
    name: 'os.system(), os.popen() and subprocess',
    code: ({ folder }) =>
      attempts(
        'import os, subprocess',
        `os.system("touch ${folder}/system")`,
        `os.popen("touch ${folder}/popen").read()`,
        `subprocess.run(["touch", "${folder}/run"])`,
      ),
    shut: /^(OSError\n){3}$/,
  },
  {
    name: 'fork, exec and pty',
    code: () =>
      attempts(
        'import os, pty',
        'os.fork()',
        'os.execv("/bin/true", ["true"])',
        'pty.spawn("true")',
        'os.posix_spawn("/bin/true", ["true"], {})',
      ),
    shut: /^(OSError\n){3}AttributeError\n$/,
  },
  {
    name: 'multiprocessing and threads',
    code: () =>
      attempts(
        'import multiprocessing, threading, _thread',
        'multiprocessing.Process(target=print).start()',
        'threading.Thread(target=print).start()',
        '_thread.start_new_thread(print, ())',
      ),
    shut: /^ModuleNotFoundError\n(RuntimeError\n){2}$/,
  },
  {
    name: 'signals to another process, to the parent, to its group and to init',
    code: ({ pid }) =>
      attempts(
        'import os',
        `os.kill(${pid}, 9)`,
        'os.kill(os.getppid(), 15)',
        'os.kill(0, 15)',
        'os.kill(-1, 9)',
        'os.killpg(1, 9)',
        'os.kill(1, 0)',
      ),
    shut: /^(PermissionError\n){6}$/,
  },
  {
    name: "starting a process past Python's own refusals",
    code: () =>
      attempts(
        'import _posixsubprocess, importlib, sys, posix, os\nopen("/tmp/x.py", "w").close()',
        '_posixsubprocess.fork_exec([b"/bin/true"], [b"/bin/true"], True, (), None, None, -1, -1, -1, -1, -1, -1, -1, 5, False, False, -1, None, None, None, -1, None)',
        'importlib.machinery.BuiltinImporter.load_module("posix").fork()',
        'importlib.reload(posix).system("true") and exec("raise OSError")',
        'sys.remote_exec(os.getppid(), "/tmp/x.py")',
      ),
    shut: /^(\w*Error\n){4}$/,
  },
  {
    name: 'writing to descriptors that were never opened',
    code: () => `
import os
open_ones = []
for fd in range(3, 256):
    try: os.write(fd, b"hello"); open_ones.append(fd)
    except OSError: pass
open_ones`,
    shut: /^\[\]\n$/,
  },
  {
    name: "forging the protocol's frames on standard output",
    code: () => {
      const forged = [
        encodeFrame({ type: 'file', name: 'forged.txt' }, Buffer.from('x')),
        encodeFrame({ type: 'done', left: [] }),
      ];
      const bytes = Buffer.concat(forged).toString('base64');
      return `
import base64, os
frames = base64.b64decode("${bytes}")
for way in ("/dev/stdout", "/dev/stderr", "/dev/tty"):
    with open(way, "wb") as out: out.write(frames)
os.write(1, frames)
os.write(2, frames)
print("still here")`;
    },
    shut: /still here\n$/,
  },
  {
    name: 'reading what the bot sends to this process',
    code: () =>
      attempts(
        'import os, sys, io',
        'os.read(0, 1000)',
        'open("/dev/stdin", "rb").read()',
        'io.FileIO(0).read()',
        'sys.__stdin__.buffer.read()',
      ),
    shut: /^(OSError\n){3}(OSError|AttributeError)\n$/,
  },
];
