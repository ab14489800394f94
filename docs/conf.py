"""The site: ``sphinx-build -W docs docs/_build/html`` makes it, and executes its pages.

``GENPROP_DOCS=quick`` leaves out what is executed: the notebooks' outputs and the gallery's figures.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
)  # for the kernels of the notebooks
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
os.environ.setdefault("COLUMNS", "96")  # the width of what commands print

from genprop._version import __version__  # noqa: E402

quick = os.environ.get("GENPROP_DOCS") == "quick"

project = "genprop"
author = "The genprop authors"
project_copyright = "The genprop authors, BSD-3-Clause"
release = version = __version__
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_nb",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
    "sphinx_design",
    "docstrings",
    "written",
    "mathml",
    "links",
]
exclude_patterns = [
    "_build", "gallery", "made/*.ipynb", "**/sg_execution_times.rst",
    "sg_execution_times.rst", "**.ipynb_checkpoints",
]  # fmt: skip
suppress_warnings = ["config.cache"]  # what the gallery is sorted by is a function

# How code of the package is shown.
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

# Pages are MyST Markdown; those with code cells are notebooks, executed once and then cached.
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
nb_execution_mode = "off" if quick else "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 240
nb_execution_cache_path = str(HERE / "_build" / "executed")
nb_execution_in_temp = True
nb_merge_streams = True

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "made",
    "filename_pattern": r"/plot_",
    "plot_gallery": not quick,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "min_reported_time": 60,
    "image_scrapers": ("matplotlib",),
    "matplotlib_animations": False,
}

html_theme = "furo"
html_title = "genprop"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"},
    "dark_css_variables": {"color-brand-primary": "#5fb3e6", "color-brand-content": "#5fb3e6"},
}
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = False
