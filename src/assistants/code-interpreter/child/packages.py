"""Packages come into Python when they are imported, and those that are not there say how to get them.

Stands in one namespace with refusals.py and runner.py. `provide` and `known_packages` come from the other side.
"""

import importlib.machinery
import json
import os
import sys

CHARTS = "bobbin_charts"
BACKEND = "module://" + CHARTS

NOT_INSTALLED = (
    "The module {name!r} is not installed. This Python has the standard library{packages} and no network, so nothing "
    "can be installed with pip: write it with the standard library."
)
GET_IT = "An admin can run: npm start -- sandbox install {package}"
NOT_WHOLE = (
    "The package {package} on this machine is not the one that was installed, so it is not loaded. An admin can run: "
    "npm start -- sandbox install {package}"
)


class Packages:
    """Finds what no folder has: puts its package there, and looks again."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        if path is not None:
            return None
        told = provide(fullname)
        if told is None:
            return None
        if told.startswith("!"):
            raise ImportError(NOT_WHOLE.format(package=told[1:]), name=fullname)
        if told:
            load(told.split("\n"))
        # What was in the folders is remembered; to forget all of it would import importlib.metadata, which takes its time.
        for folder in sys.path:
            sys.path_importer_cache.pop(folder, None)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        return with_charts(spec) if fullname == "matplotlib" and spec else spec


def with_charts(spec):
    """Code often names the backend that draws without a screen: it gets ours, which is that one and keeps what is shown."""
    load_module = spec.loader.exec_module

    def exec_module(matplotlib):
        load_module(matplotlib)
        use = matplotlib.use
        matplotlib.use = lambda backend, **how: use(BACKEND if is_for_screens(backend) else backend, **how)

    spec.loader.exec_module = exec_module
    return spec


def is_for_screens(backend):
    return str(backend).lower().endswith("agg") or str(backend).lower() == "macosx"


def load(libraries):
    """What several packages share has to be there before any of them."""
    import ctypes

    for library in libraries:
        ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)


def not_installed(module):
    known = json.loads(known_packages())
    there = known["installed"]
    said = NOT_INSTALLED.format(name=module, packages=f", {', '.join(there)}" if there else " only")
    package = known["missing"].get(module)
    return f"{said} {GET_IT.format(package=package)}" if package else said


def show_charts():
    """Shows what code has drawn and neither saved nor shown, as a notebook does at the end of a cell."""
    charts = sys.modules.get(CHARTS)
    if charts:
        charts.show_unsaved()


def drop_charts():
    """Forgets what code was drawing when it failed."""
    charts = sys.modules.get(CHARTS)
    if charts:
        charts.drop_all()


sys.meta_path.append(Packages)
os.environ["MPLBACKEND"] = BACKEND
os.environ["MPLCONFIGDIR"] = "/tmp/matplotlib"
