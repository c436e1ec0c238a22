"""Sessions for development: `nox` runs the quick tests on every available Python, and the checks of the code."""

from __future__ import annotations

import nox

nox.options.sessions = ["tests", "code"]


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """The quick tests."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "-q", "-n", "auto", "-m", "not slow", *session.posargs)


@nox.session(python="3.11")
def slow(session: nox.Session) -> None:
    """The slow tests: wheel and sdist, crashes, other languages, mutations."""
    session.install("-e", ".[test]")
    options = ("-n", "2", "--snapshot-warn-unused")
    session.run(
        "python", "-m", "pytest", "-q", "-m", "slow", "--ignore", "tests/remote", *options, *session.posargs
    )


@nox.session(python="3.11")
def remote(session: nox.Session) -> None:
    """Remote documents, on servers of this machine."""
    session.install(
        "-e", ".[test,s3,gcs]", "s3fs>=2026.9", "moto[s3]", "flask", "flask-cors", "gcp-storage-emulator"
    )
    session.run("python", "-m", "pytest", "-q", "-m", "slow", "tests/remote", *session.posargs)


@nox.session(python="3.11")
def engines(session: nox.Session) -> None:
    """Arrow, Parquet, Ray, Dask and Spark, each on a cluster on this machine; Spark needs Java."""
    session.install("-e", ".[test,ray,dask,spark]", "duckdb", "polars")
    session.run("python", "-m", "pytest", "-q", "tests/engines", *session.posargs)


@nox.session(python="3.11")
def trainers(session: nox.Session) -> None:
    """The callbacks with the real trainers, and the pilot in a minute; takes 5.7 GB."""
    libraries = ("torch", "transformers", "accelerate", "lightning", "tokenizers", "safetensors", "numpy")
    session.install("-e", ".[test]", *libraries)
    session.run(
        "python",
        "-m",
        "pytest",
        "-q",
        "-m",
        "slow",
        "tests/record_callbacks",
        "tests/pilot",
        *session.posargs,
    )


@nox.session(python="3.11")
def code(session: nox.Session) -> None:
    """Style, types, the direction of imports, and generated files."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")
    session.run("python", "-m", "tools", "check")


@nox.session(python="3.11")
def docs(session: nox.Session) -> None:
    """The documentation site, strict about broken links."""
    session.install("-e", ".[docs]")
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "-b", "html", "docs", "build/docs")


@nox.session(python="3.11")
def benchmarks(session: nox.Session) -> None:
    """The table of ratios."""
    session.install("-e", ".[test]")
    session.run("python", "benchmarks/bench.py", *session.posargs)
