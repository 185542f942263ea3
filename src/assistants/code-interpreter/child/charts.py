"""matplotlib's Agg, whose charts become files in /mnt/data with a description for those who can't see them.

The description stands in the file itself, where PNG and JPEG have a place for it, and so travels with it.
https://matplotlib.org/stable/users/explain/figure/writing_a_backend_pyplot_interface.html
"""

import os

import matplotlib
from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends import backend_agg

FOLDER = "/mnt/data"

# Slack takes 1,000 characters of a description and Discord 1,024.
LONGEST = 1000

# Series and axes beyond these say nothing more to who listens.
MOST_NAMES = 12


class FigureCanvas(backend_agg.FigureCanvasAgg):
    def print_figure(self, filename, *args, **settings):
        described = with_description(self.figure, filename, settings)
        result = super().print_figure(filename, *args, **described)
        if isinstance(filename, (str, os.PathLike)) and os.path.abspath(filename).startswith(FOLDER + "/"):
            self.figure._bobbin_saved = True
        return result


class FigureManager(FigureManagerBase):
    def show(self):
        save(self.canvas.figure)

    # What pyplot.show() calls, since matplotlib 3.7 here and before in the module itself.

    @classmethod
    def pyplot_show(cls, *args, **settings):
        show_unsaved()


FigureCanvas.manager_class = FigureManager


def show(*args, **settings):
    show_unsaved()


def show_unsaved():
    for manager in Gcf.get_all_fig_managers():
        save(manager.canvas.figure)
        Gcf.destroy(manager)


def drop_all():
    Gcf.destroy_all()


def save(figure):
    """What code has saved itself people see already."""
    if getattr(figure, "_bobbin_saved", False) or not figure.axes:
        return
    number = 1
    while os.path.exists(path := os.path.join(FOLDER, f"chart-{number}.png")):
        number += 1
    figure.savefig(path)


def with_description(figure, filename, settings):
    name = os.fspath(filename) if isinstance(filename, (str, os.PathLike)) else ""
    kind = settings.get("format") or os.path.splitext(name)[1][1:] or matplotlib.rcParams["savefig.format"]
    text = description(figure)
    if not text:
        return settings
    if str(kind).lower() == "png":
        return {**settings, "metadata": {"Description": text, **(settings.get("metadata") or {})}}
    if str(kind).lower() in ("jpg", "jpeg"):
        return {**settings, "pil_kwargs": {"comment": text, **(settings.get("pil_kwargs") or {})}}
    return settings


def description(figure):
    """What the chart's own words say: its titles, its axes and the names of its series."""
    titles = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
    parts = [sentence(titles)]
    for name, label in (("Horizontal axis", "get_xlabel"), ("Vertical axis", "get_ylabel")):
        parts.append(sentence((getattr(axes, label)() for axes in figure.axes), f"{name}: "))
    series = [name for axes in figure.axes for name in axes.get_legend_handles_labels()[1]]
    parts.append(sentence(series, "Shown: "))
    return " ".join(part for part in parts if part)[:LONGEST]


def sentence(words, before=""):
    unlike = list(dict.fromkeys(" ".join(str(word).split()) for word in words))
    said = [word for word in unlike if word][:MOST_NAMES]
    return f"{before}{', '.join(said).rstrip('.')}." if said else ""
