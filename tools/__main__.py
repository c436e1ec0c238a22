"""``python -m tools build`` writes every generated file that differs; ``python -m tools check`` lists them.

``check`` writes nothing, and exits with 1 if a file is missing, outdated or stale. Both commands write nothing and
exit with 1 if a frozen item has changed or is gone (see `tools.frozen`), or if a file that they read is broken.
``python -m tools field`` runs the inputs of ``fixtures/field``.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from tools import repository

_DONE = {"missing": "wrote", "outdated": "wrote", "stale": "removed"}


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands; returns the exit code."""
    parser = ArgumentParser(prog="python -m tools", description="Generate files of this repository.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="write every generated file that differs, and name it")
    commands.add_parser(
        "check", help="name every generated file that differs, and exit with 1 if there is one"
    )
    cases = commands.add_parser("field", help="run the inputs of fixtures/field, each with its right outcome")
    cases.add_argument("--command", dest="executable", help="run them with this executable")
    options = parser.parse_args(arguments)
    try:
        if options.command == "field":
            from tools import field

            return field.run(options.executable or field.default_command())
        return _run(is_build=options.command == "build")
    except repository.BrokenFileError as error:
        print(error, file=sys.stderr)
        return 1


def _run(is_build: bool) -> int:
    for path in repository.files_below("schemas"):
        if path.endswith(".json"):
            repository.json(path)  # importing the rest fails with a traceback if one is broken

    from psion_contract.documents.schemas import schema
    from tools import frozen
    from tools.generators import GENERATORS, SCHEMAS, differences, write

    violations = frozen.violations()
    if violations:
        print("frozen, but changed or gone:", *violations, sep="\n  ", file=sys.stderr)
        return 1
    found = 0
    # The other generators read the schemas, so these are written before anything else is made.
    for generators in ([SCHEMAS], [each for each in GENERATORS if each is not SCHEMAS]):
        for difference in [each for generator in generators for each in differences(generator)]:
            found += 1
            if is_build:
                write(difference)
            print(f"{_DONE[difference.state] if is_build else difference.state} {difference.path}")
        schema.cache_clear()
    if not found:
        print("all generated files are up to date")
    return 1 if found and not is_build else 0


if __name__ == "__main__":
    sys.exit(main())
