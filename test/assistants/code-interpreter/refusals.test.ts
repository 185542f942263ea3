import { afterAll, describe, expect, it } from 'vitest';
import { python } from './python.ts';

const sandbox = python();
const { tell } = sandbox;
afterAll(() => sandbox.close());

const NO_END = /does not work here, because it would end this Python.*use sys\.exit\(\)/;
const NO_PROCESS = /cannot start other programs or processes.*write it in Python itself/;
const NO_THREAD = /no threads: call the functions one after another/;
const NO_NETWORK = /no network: work with the files in \/mnt\/data/;
const NO_SHELL = /not a notebook.*begins with !.*Nothing can be installed/;
const NO_MAGIC = /not a notebook.*%magic/;
const NO_HELP = /not a notebook.*\? is not understood: use help\(\)/;
const NO_PIP = /a command of a shell.*Nothing can be installed/;

describe('what this Python cannot do', () => {
  it.each([
    ['os._exit()', 'import os; os._exit(3)', NO_END],
    ['os.abort()', 'import os; os.abort()', NO_END],
    ['posix._exit()', 'import posix; posix._exit(0)', NO_END],
    ['a signal to itself', 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)', NO_END],
    ['a signal that ends it', 'import signal; signal.raise_signal(signal.SIGTERM)', NO_END],
    ['!pip install', '!pip install numpy', NO_SHELL],
    ['a shell command amid code', 'x = 1\nif x:\n    !ls -la', NO_SHELL],
    ['a shell command for a variable', 'files = !ls', NO_SHELL],
    ['%pip install', '%pip install pandas', NO_MAGIC],
    ['%matplotlib', 'import math\n%matplotlib inline\nprint(math.pi)', NO_MAGIC],
    ['%%time', '%%time\nsum(range(9))', NO_MAGIC],
    ['%timeit for a variable', 'took = %timeit -o sum(range(9))', NO_MAGIC],
    ['help with ?', 'print?', NO_HELP],
    ['pip install', 'pip install numpy', NO_PIP],
    ['python -m pip', 'python3 -m pip install numpy', NO_PIP],
    ['get_ipython()', 'get_ipython().system("ls")', /not a notebook: print\(\) shows text/],
    ['a thread', 'import threading; threading.Thread(target=print).start()', NO_THREAD],
    ['a timer', 'import threading; threading.Timer(0, print).start()', NO_THREAD],
    [
      'a pool of threads',
      'from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as pool: pool.submit(print)',
      NO_THREAD,
    ],
    [
      'a pool of processes',
      'from concurrent.futures import ProcessPoolExecutor\nProcessPoolExecutor()',
      NO_PROCESS,
    ],
    ['multiprocessing', 'import multiprocessing; multiprocessing.Pool()', NO_PROCESS],
    ['subprocess', 'import subprocess; subprocess.run(["pip", "install", "numpy"])', NO_PROCESS],
    ['os.system()', 'import os; os.system("pip install numpy")', NO_PROCESS],
    ['os.popen()', 'import os; os.popen("ls").read()', NO_PROCESS],
    ['os.fork()', 'import os; os.fork()', NO_PROCESS],
    ['a process of asyncio', 'import asyncio; await asyncio.create_subprocess_shell("ls")', NO_PROCESS],
    ['a URL', 'import urllib.request; urllib.request.urlopen("https://example.com")', NO_NETWORK],
    ['a socket', 'import socket; socket.create_connection(("example.com", 80))', NO_NETWORK],
    ['a screen', 'import tkinter', /part of the standard library that does not work here/],
    [
      'a locale',
      'import locale; locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")',
      /Error: unsupported.*'de_DE.UTF-8'/,
    ],
    [
      'a locale in parts',
      'import locale; locale.setlocale(locale.LC_TIME, ("fr_FR", "UTF-8"))',
      /'fr_FR.UTF-8'/,
    ],
    [
      'a calendar’s locale',
      'import calendar; calendar.LocaleTextCalendar(0, "de_DE").prmonth(2026, 1)',
      /'de_DE'/,
    ],
  ])('is %s, and it says so with what works instead', async (_, code, reason) => {
    await tell('kept = 5');
    const told = await tell(code);
    expect(told.status).toBe('completed');
    expect(told.output).toMatch(reason);
    expect(told.output).not.toMatch(/loadPackage|micropip|runner/);
    expect((await tell('kept')).output).toBe('5\n');
  });

  it.each([
    ['a condition without its colon', 'if 5 % 2\n  pass'],
    ['a wrong exclamation mark', 'a = 5 ! 3'],
    ['a product that goes on in a line', 'x = (1 +\n% 3)'],
    ['a loop in one line', 'for i in range(3) print(i)'],
    ['an exception of the code', 'raise OSError("the printer is on fire")'],
  ])('is not %s', async (_, code) => {
    expect((await tell(code)).output).toMatch(/Error: [^\n]+\n$/);
  });

  it('leaves alone what works', async () => {
    const code = `
import locale, os, signal, asyncio
old = locale.setlocale(locale.LC_ALL)
print(locale.setlocale(locale.LC_ALL, "") == locale.setlocale(locale.LC_ALL, old), locale.setlocale(locale.LC_NUMERIC, "C"))
signal.signal(signal.SIGUSR1, lambda *_: print("caught"))
signal.raise_signal(signal.SIGUSR1)
print(await asyncio.to_thread(abs, -1))`;
    expect((await tell(code)).output).toBe('True C\ncaught\n1\n');
  });
});

describe('time zones', () => {
  /** What Python says of `zone` at noon of the days. */
  async function at(zone: string, ...days: string[]) {
    const code = `
from datetime import datetime
from zoneinfo import ZoneInfo
for day in ${JSON.stringify(days)}:
    noon = datetime.fromisoformat(day + "T12:00").replace(tzinfo=ZoneInfo(${JSON.stringify(zone)}))
    print(noon.isoformat()[19:], noon.tzname(), noon.dst())`;
    return (await tell(code)).output;
  }

  it.each([
    ['Europe/Berlin', '+01:00 CET 0:00:00', '+02:00 CEST 1:00:00'],
    ['America/New_York', '-05:00 EST 0:00:00', '-04:00 EDT 1:00:00'],
    ['Europe/London', '+00:00 GMT 0:00:00', '+01:00 BST 1:00:00'],
    ['Australia/Sydney', '+11:00 AEDT 1:00:00', '+10:00 AEST 0:00:00'],
    ['Asia/Kolkata', '+05:30 IST 0:00:00', '+05:30 IST 0:00:00'],
    ['Asia/Tokyo', '+09:00 JST 0:00:00', '+09:00 JST 0:00:00'],
    ['Asia/Dubai', '+04:00 +04 0:00:00', '+04:00 +04 0:00:00'],
    ['Asia/Kathmandu', '+05:45 +0545 0:00:00', '+05:45 +0545 0:00:00'],
    ['US/Pacific', '-08:00 PST 0:00:00', '-07:00 PDT 1:00:00'],
    ['UTC', '+00:00 UTC 0:00:00', '+00:00 UTC 0:00:00'],
    ['Etc/GMT+5', '-05:00 -05 0:00:00', '-05:00 -05 0:00:00'],
  ])('know %s in winter and in summer', async (zone, january, july) => {
    expect(await at(zone, '2025-01-15', '2025-07-15')).toBe(`${january}\n${july}\n`);
  });

  it('know the past', async () => {
    expect(await at('Europe/Berlin', '1970-07-01', '1946-07-01', '1890-01-01')).toBe(
      '+01:00 CET 0:00:00\n+02:00 CEST 1:00:00\n+00:53:28 LMT 0:00:00\n',
    );
    expect(await at('America/Indiana/Indianapolis', '2005-07-01', '2006-07-01')).toBe(
      '-05:00 EST 0:00:00\n-04:00 EDT 1:00:00\n',
    );
  });

  it('are all there, by all their names, and as far from UTC as this machine has them, until 2100', async () => {
    const zones = Intl.supportedValuesOf('timeZone');
    const seconds = Array.from({ length: 20 }, (_, index) => -2e9 + index * 312_345_678);
    const code = `
import zoneinfo
from datetime import datetime, timedelta, timezone
epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
times = [epoch + timedelta(seconds=s) for s in ${JSON.stringify(seconds)}]
print(len(zoneinfo.available_timezones()))
for name in ${JSON.stringify(zones)}:
    zone = zoneinfo.ZoneInfo(name)
    print(name, *(int(time.astimezone(zone).utcoffset().total_seconds()) for time in times))`;
    const [count, ...lines] = (await tell(code)).output.trimEnd().split('\n');
    expect(Number(count)).toBeGreaterThan(590);
    const here = zones.map((zone) => {
      const offsets = seconds.map((second) => {
        const time = Temporal.Instant.fromEpochMilliseconds(second * 1000).toZonedDateTimeISO(zone);
        return time.offsetNanoseconds / 1e9;
      });
      return [zone, ...offsets].join(' ');
    });
    expect(lines).toEqual(here);
  });

  it('say which names there are when one is not known', async () => {
    const { output } = await tell('import zoneinfo; zoneinfo.ZoneInfo("Berlin")');
    expect(output).toMatch(
      /ZoneInfoNotFoundError: .*Berlin: zoneinfo\.available_timezones\(\) has their names/,
    );
    expect(output).not.toContain('yodide');
  });

  it('can be kept and copied', async () => {
    const code =
      'import copy, pickle, zoneinfo\nz = zoneinfo.ZoneInfo("Asia/Tokyo")\n(copy.deepcopy(z) is z, pickle.loads(pickle.dumps(z)) is z)';
    expect((await tell(code)).output).toBe('(True, True)\n');
  });
});
