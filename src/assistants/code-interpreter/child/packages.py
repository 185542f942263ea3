"""Packages come into Python when they are imported, and those that are not there say how to get them.

Stands in one namespace with questions.py and refusals.py, which come before it.
"""

import importlib.machinery
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
        provided = ask("provide", fullname)
        if provided is None:
            return None
        if "broken" in provided:
            raise ImportError(NOT_WHOLE.format(package=provided["broken"]), name=fullname)
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
        # What every way of naming one comes to: https://matplotlib.org/stable/api/backend_registry_api.html
        registry = importlib.import_module("matplotlib.backends").backend_registry
        load_backend = registry.load_backend_module
        registry.load_backend_module = lambda name: load_backend(BACKEND if is_for_screens(name) else name)
        # Pyodide's says on import that it looks for fonts, which is nothing that a person has to know of each Python.
        fonts = importlib.import_module("logging").getLogger("matplotlib.font_manager")
        fonts.addFilter(lambda record: "font cache" not in record.getMessage())

    spec.loader.exec_module = exec_module
    return spec


def is_for_screens(backend):
    return str(backend).lower().endswith("agg") or str(backend).lower() == "macosx"


def not_installed(module):
    known = ask("known")
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
