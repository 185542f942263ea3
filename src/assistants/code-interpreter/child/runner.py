"""Runs code as the cells of a notebook, all in one namespace.

Stands in one namespace with the others of this folder, which come before it.
"""

import ast
import builtins
import gc
import inspect
import io
import linecache
import os
import random
import sys
import traceback
import types

FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
STDOUT = 1

# What would lead back to JavaScript, and what only Pyodide's own pages explain.
FORBIDDEN = {"js", "pyodide", "pyodide_js", "_pyodide", "_pyodide_core", "micropip", "pyodide_http"}

# What turns Python's objects into JavaScript's, and back.
MAKERS = ("Py2JsConverter", "Js2PyConverter", "JsFuncSignature")


class NoWayBack:
    """Hides Pyodide's own modules."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        if fullname.partition(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def hide_pyodide(withheld):
    """Leaves nothing of Pyodide's own modules, wherever code may look for it: they hold and make JavaScript's objects."""
    import _pyodide.jsbind
    import _pyodide_core
    import _testinternalcapi
    from _pyodide._importhook import jsfinder

    jsfinder.jsproxies.clear()
    makers = [getattr(_pyodide_core, name) for name in MAKERS]
    for kind in vars(_pyodide.jsbind).values():
        for name in ("py2js", "js2py"):
            if name in getattr(kind, "__dict__", ()):
                delattr(kind, name)
    sys.meta_path[:] = [NoWayBack] + [finder for finder in sys.meta_path if "pyodide" not in repr(finder)]
    for name in list(sys.modules):
        if name.partition(".")[0] in FORBIDDEN:
            forget(sys.modules.pop(name))
    # A type that is written in C lets nobody take its methods away, but its dictionary does.
    for kind in makers:
        gc.get_referents(kind.__dict__)[0].clear()
    # Else the import system would give it back, with what it held.
    _testinternalcapi.clear_extension("_pyodide_core", "_pyodide_core")
    del sys.modules["_testinternalcapi"]
    sys.builtin_module_names = tuple(name for name in sys.builtin_module_names if name not in withheld)


def forget(module):
    if isinstance(module, types.ModuleType):
        vars(module).clear()
    elif hasattr(module.__loader__, "jsproxy"):
        del module.__loader__.jsproxy


def make_runner():
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.path[:] = ["/mnt/data"] + [path for path in sys.path if path]
    sys.dont_write_bytecode = True
    random.seed()  # the snapshot's generator would give everybody the same numbers
    builtins.input = refuse(NO_INPUT)
    names = vars(builtins)
    originals = dict(names)
    modules = dict(sys.modules)
    loop = make_event_loop()
    depth = sys.getrecursionlimit()
    cells = 0

    def console():
        file = io.FileIO(STDOUT, "w", closefd=False)
        return io.TextIOWrapper(io.BufferedWriter(file), "utf-8", "backslashreplace", line_buffering=True)

    def renew():
        """Undoes what an earlier cell may have done to the ground that this one stands on."""
        names.update(originals)
        if "builtins" not in sys.modules:
            sys.modules.update(modules)
        sys.settrace(None)
        sys.setprofile(None)
        sys.setrecursionlimit(depth)
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = console()
        sys.stdin = io.StringIO()
        set_event_loop(loop)
        return sys.stdout

    def evaluate(tree, filename, mode):
        code = compile(tree, filename, mode, FLAGS, dont_inherit=True)
        value = eval(code, vars(main))
        return loop.run_until_complete(value) if code.co_flags & inspect.CO_COROUTINE else value

    def go_on(out):
        """Runs what earlier cells have left in the loop and is due by now."""
        try:
            loop.run_due()
        except BaseException as error:
            tell(error, out)

    def execute(source, filename):
        tree = ast.parse(source, filename)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        evaluate(tree, filename, "exec")
        if last is not None:
            value = evaluate(ast.Expression(last.value), filename, "eval")
            if value is not None and not source.rstrip().endswith(";"):
                main._ = value
                print(repr(value))

    def run(source):
        nonlocal cells
        cells += 1
        filename = f"<cell {cells}>"
        out = renew()
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        go_on(out)
        try:
            execute(source, filename)
            show_charts()
        except SystemExit as end:
            if end.code not in (None, 0):
                print(end.code, file=out)
        except BaseException as error:
            drop_charts()
            tell(error, console() if out.closed else out)
        finally:
            for stream in (sys.stdout, out):
                if not stream.closed:
                    stream.flush()

    return run


def tell(error, out):
    """Prints a traceback from the person's own frames on, as Python would."""
    reason = reason_for(error)
    if reason:
        error.add_note(reason)
    frames = error.__traceback__
    while frames and not frames.tb_frame.f_code.co_filename.startswith("<cell "):
        frames = frames.tb_next
    print("".join(traceback.format_exception(type(error), error, frames)), end="", file=out, flush=True)


def start(withheld):
    hide_pyodide(withheld.split(","))
    return make_runner()
