"""The documentation site: python -m sphinx -W -b html docs build/docs."""

import posixpath
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from json_schema_for_humans.generate import generate_from_filename
from json_schema_for_humans.generation_configuration import GenerationConfiguration

from psion_contract import __version__

project = "psion-contract"
release = version = __version__
project_copyright = "the psion-contract authors. Apache-2.0"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
myst_heading_anchors = 4
autodoc_mock_imports = ["dask", "distributed", "pyarrow", "pyspark", "ray"]
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


_FETCHED = re.compile(r'<link[^>]*href="https:[^>]*>')
"""Style sheets and fonts from other sites, which nobody asked a reader about."""


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


def _schema_pages(app, error):
    """A page for each schema, beside the page that links to them."""
    if error or app.builder.name != "html":
        return
    folder = Path(app.outdir) / "reference" / "schemas"
    folder.mkdir(parents=True, exist_ok=True)
    config = GenerationConfiguration(
        template_name="flat", with_footer=False, link_to_reused_ref=True, collapse_long_descriptions=False
    )
    for file in sorted((Path(__file__).parent.parent / "schemas").glob("*.schema.json")):
        page = folder / file.name.replace(".schema.json", ".html")
        with redirect_stdout(StringIO()):
            generate_from_filename(file, str(page), config=config)
        text = page.read_text(encoding="utf-8")
        page.write_text(_FETCHED.sub("", text), encoding="utf-8")


def setup(app):
    """Adapt each page when it is read, and add the pages of the schemas."""
    app.connect("source-read", _adapt)
    app.connect("build-finished", _schema_pages)
    return {"parallel_read_safe": True}
