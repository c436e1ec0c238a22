"""Sessions for development: `nox` runs the quick tests on every Python at hand, and the checks of the code."""

from __future__ import annotations

import nox

nox.options.sessions = ["tests", "code"]


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """The quick tests."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "-q", "-m", "not slow", *session.posargs)


@nox.session(python="3.11")
def slow(session: nox.Session) -> None:
    """The slow tests: wheel and sdist, crashes, other languages, mutations."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "-q", "-m", "slow", "--snapshot-warn-unused", *session.posargs)


@nox.session(python="3.11")
def code(session: nox.Session) -> None:
    """Style, types and the direction of imports."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session(python="3.11")
def benchmarks(session: nox.Session) -> None:
    """The table of ratios."""
    session.install("-e", ".[test]")
    session.run("python", "benchmarks/bench.py", *session.posargs)
