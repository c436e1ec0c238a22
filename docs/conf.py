"""The documentation site: python -m sphinx -W -b html docs build/docs."""

import posixpath
import re
from pathlib import Path

from psion_contract import __version__

project = "psion-contract"
release = version = __version__
project_copyright = "the psion-contract authors. Apache-2.0"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
myst_heading_anchors = 4
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_use_ivar = True
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "furo"
html_title = f"psion-contract {version}"
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {"navigation_with_keys": True}

# Pages are plain Markdown, to be read on a forge too. What only the site understands is in comments that start
# with "site". A Markdown file or a directory outside docs/ is not part of the site: the text of the link remains.
_FOR_THE_SITE = re.compile(r"<!-- site\n(.*?)\n-->", re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)\s#]*)(?:#[^)\s]*)?\)")


def _adapt(app, name, source):
    def link(found):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[2]))
        missing = target.startswith("../") and posixpath.splitext(found[2])[1] in ("", ".md")
        return found[1] if missing else found[0]

    text = _contributing() if name == "contributing" else source[0]
    source[0] = _LINK.sub(link, _FOR_THE_SITE.sub(r"\1", text))


def _contributing():
    """CONTRIBUTING.md, with links as they are from docs/."""
    text = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return re.sub(r"\]\((?!https:|#)", "](../", text).replace("](../docs/", "](")


def setup(app):
    """Adapt each page when it is read."""
    app.connect("source-read", _adapt)
    return {"parallel_read_safe": True}
