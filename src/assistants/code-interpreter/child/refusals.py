"""What this Python can't do says so, with the true reason and what works instead."""

import errno
import linecache
import locale
import os
import re
import signal
import sys

import _locale

NOT_HERE = (
    "The module {name!r} is a part of the standard library that does not work here: this Python has no screen, no "
    "terminal and no operating system of its own."
)
NO_INPUT = "input() does not work here, because nobody can type into this Python: write the values into the code."
NO_END = (
    "{name} does not work here, because it would end this Python and lose its variables and files: use sys.exit(), "
    "which ends only this code, or let the code come to its end."
)
NO_PROCESS = (
    "This Python cannot start other programs or processes, a shell and pip included: write it in Python itself, with "
    "the standard library, in one process."
)
NO_THREAD = (
    "This Python has no threads: call the functions one after another, which takes no longer here, or use asyncio."
)
NO_NETWORK = "This Python has no network: work with the files in /mnt/data, and ask for what is missing."
NO_SHELL = (
    "This is plain Python and not a notebook, so a line that begins with ! is not understood, and no shell is there. "
    "Nothing can be installed either: write it with the standard library."
)
NO_MAGIC = (
    "This is plain Python and not a notebook, so %magic is not understood: leave the line out, or write it in Python, "
    "such as time.perf_counter() for %time and %timeit."
)
NO_HELP = "This is plain Python and not a notebook, so ? is not understood: use help(), dir() or inspect."
NO_PIP = (
    "That is a command of a shell and no Python, and no shell is there. Nothing can be installed: this Python has the "
    "standard library only and no network."
)
NO_NOTEBOOK = "This is plain Python and not a notebook: print() shows text, and files in /mnt/data show pictures."
NO_LOCALE = (
    "unsupported locale setting: {name!r} is not there, only 'C' is, so numbers, dates and names of days are "
    "English. Write what the other language needs yourself, such as f'{{1234.5:,.2f}}' with its signs replaced."
)

LOCALES = {"", "C", "POSIX", "C.UTF-8", "C.utf8"}

# In a line where the syntax is wrong; a value may be given to a variable there.
ASSIGNED = r"\s*(?:[\w., \[\]'\"]+=\s*)?"
NOTEBOOK_LINES = [
    (re.compile(ASSIGNED + r"!+\s*[\w./~$\"'{]"), NO_SHELL),
    (re.compile(ASSIGNED + r"%%?\s*[A-Za-z]"), NO_MAGIC),
    (re.compile(r"\s*(?:\?{1,2}\s*[\w.*%]+|[\w.*%()]+\s*\?{1,2})\s*;?\s*$"), NO_HELP),
    (re.compile(r"\s*(?:sudo\s|(?:python3?\s+-m\s+)?(?:pip3?|conda|mamba|uv|apt|apt-get|brew|npm)\s+[a-z])"), NO_PIP),
]

HERE_MISSING = [
    (NotImplementedError, re.compile(r"multiprocessing|subprocess|process"), NO_PROCESS),
    (OSError, re.compile(r"does not support processes|pty devices"), NO_PROCESS),
    (RuntimeError, re.compile(r"start (?:new|the) thread"), NO_THREAD),
    (NameError, re.compile(r"name '(?:get_ipython|display)' is not defined"), NO_NOTEBOOK),
]
UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNREFUSED, errno.ENETDOWN}


def reason_for(error):
    """The sentence that belongs to this error, if there is one."""
    if isinstance(error, ImportError):
        lacking = next((cause for cause in causes(error) if isinstance(cause, ModuleNotFoundError) and cause.name), None)
        return lacking and reason_for_module(lacking.name.partition(".")[0])
    if isinstance(error, SyntaxError):
        line = linecache.getline(error.filename or "", error.lineno or 0)
        return next((reason for pattern, reason in NOTEBOOK_LINES if pattern.match(line)), None)
    cause = getattr(error, "reason", None)
    if isinstance(cause, OSError) or isinstance(error, OSError):
        if {getattr(error, "errno", None), getattr(cause, "errno", None)} & UNREACHABLE:
            return NO_NETWORK
    words = str(error)
    return next((why for kind, what, why in HERE_MISSING if isinstance(error, kind) and what.search(words)), None)


def causes(error):
    """The error, and those that led to it: a package says in its own words that it lacks another one."""
    seen = []
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__
    return seen


def reason_for_module(name):
    if name in {"_multiprocessing", "_posixsubprocess", "_posixshmem"}:
        return NO_PROCESS
    return NOT_HERE.format(name=name) if name in sys.stdlib_module_names else not_installed(name)


def refuse(reason, kind=RuntimeError):
    def refused(*args, **settings):
        raise kind(reason)

    return refused


def unless_deadly(send, name, number_in):
    """Sends a signal that code handles, and refuses one that would end Python."""

    def sent(*args):
        number = number_in(*args)
        if number and signal.getsignal(number) == signal.SIG_DFL:
            raise RuntimeError(NO_END.format(name=name))
        return send(*args)

    return sent


def set_locale(setlocale):
    def checked(category, locale_name=None):
        if locale_name is not None and not set(locale_name.split(";")) <= LOCALES:
            raise locale.Error(NO_LOCALE.format(name=locale_name))
        return setlocale(category, locale_name)

    return checked


def refuse_what_cannot_be():
    import posix

    for module in (os, posix):
        for name in ("_exit", "abort"):
            setattr(module, name, refuse(NO_END.format(name=f"os.{name}()")))
        for name in ("system", "fork", "forkpty", "execv", "execve"):
            if hasattr(module, name):
                setattr(module, name, refuse(NO_PROCESS, OSError))
        module.kill = unless_deadly(posix.kill, "os.kill()", lambda pid, number: pid == os.getpid() and number)
    signal.raise_signal = unless_deadly(signal.raise_signal, "raise_signal()", lambda number: number)
    _locale.setlocale = locale._setlocale = set_locale(_locale.setlocale)


refuse_what_cannot_be()
