"""``python -m tools``: generated files are up to date, and whatever differs is named and mended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from tools import repository
from tools.__main__ import main
from tools.generators import GENERATORS, differences
from tools.pack import pack_files

CASES = pack_files.CASES


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A copy of all generated files, in place of the checkout."""
    for folder in ("schemas", "fixtures", "tools", "docs"):
        copytree(repository.ROOT / folder, tmp_path / folder)
    monkeypatch.setattr(repository, "ROOT", tmp_path)
    main(["build"])
    capsys.readouterr()
    return tmp_path


@pytest.mark.slow
def test_every_generated_file_is_up_to_date() -> None:
    found = [
        f"{difference.state} {difference.path}"
        for generator in GENERATORS
        for difference in differences(generator)
    ]
    assert found == [], "run python -m tools build"


@pytest.mark.slow
def test_check_of_what_is_up_to_date_says_so(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "all generated files are up to date\n"


@pytest.mark.slow
def test_a_missing_an_outdated_and_a_stale_file_are_named_and_mended(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing, outdated = copied / CASES / "corpus.json", copied / "fixtures" / "digests" / "D1.json"
    stale = copied / CASES / "stray.json"
    canonical = copied / "fixtures" / "psion" / "sampling" / "psion_sampling_policy_v1.json"
    right = [path.read_bytes() for path in (missing, outdated, canonical)]
    missing.unlink()
    outdated.write_text("{}")
    stale.write_text("{}")
    canonical.write_bytes(canonical.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "outdated fixtures/psion/sampling/psion_sampling_policy_v1.json",
        f"missing {CASES}/corpus.json",
        f"stale {CASES}/stray.json",
        "outdated fixtures/digests/D1.json",
    ]
    assert (missing.exists(), outdated.read_text(), stale.exists()) == (
        False,
        "{}",
        True,
    )  # nothing is written
    assert main(["build"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wrote fixtures/psion/sampling/psion_sampling_policy_v1.json",
        f"wrote {CASES}/corpus.json",
        f"removed {CASES}/stray.json",
        "wrote fixtures/digests/D1.json",
    ]
    assert [path.read_bytes() for path in (missing, outdated, canonical)] == right
    assert main(["check"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("command", ["build", "check"])
def test_nothing_is_written_if_something_frozen_has_changed(
    command: str, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = copied / CASES / "corpus.json"
    missing.unlink()
    source = copied / "tools" / "schemas" / "sources" / "psion.sampling_policy.v1.json"
    source.write_bytes(source.read_bytes().replace(b'"Sampling policy"', b'"Policy"'))
    assert main([command]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "schemas/psion.sampling_policy.v1.schema.json has changed" in captured.err
    assert not missing.exists()


@pytest.mark.slow
@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b'{"cases": [1]}'])
def test_an_extra_file_of_cases_is_stale_whatever_its_text(
    copied: Path, capsys: pytest.CaptureFixture[str], text: bytes
) -> None:
    (copied / CASES / "extra.json").write_bytes(text)
    assert main(["check"]) == 1
    assert capsys.readouterr().out == f"stale {CASES}/extra.json\n"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["build", "check"])
@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("docs/reference/rules/reading.md", None, "docs: no page has the table 'rules Reading'"),
        (
            "docs/index.md",
            "<!-- table: rules of thumb -->\n<!-- end of table -->\n",
            "docs/index.md: unknown table 'rules of thumb'",
        ),
        ("schemas/rules.v1.json", "{", "schemas/rules.v1.json is not JSON: "),
        ("tools/pack/recorded_related.json", "{", "tools/pack/recorded_related.json is not JSON: "),
        ("tools/frozen_tables/rules.txt", "error\n", "tools/frozen_tables/rules.txt:1: expected two columns"),
    ],
)
def test_a_broken_file_is_named_and_nothing_is_written(
    copied: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    path: str,
    text: str | None,
    problem: str,
) -> None:
    missing = copied / CASES / "corpus.json"
    missing.unlink()
    if text is None:
        (copied / path).unlink()
    else:
        (copied / path).write_bytes(text.encode())
    pack_files.groups.cache_clear()
    assert main([command]) == 1
    assert capsys.readouterr().err.startswith(problem)
    assert not missing.exists()


def test_a_broken_catalogue_is_named_before_anything_is_imported(tmp_path: Path) -> None:
    for folder in ("schemas", "tools"):
        copytree(repository.ROOT / folder, tmp_path / folder)
    (tmp_path / "schemas" / "rules.v1.json").write_text("{\n  oops\n}", encoding="utf-8")
    command = [sys.executable, "-m", "tools", "check"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("schemas/rules.v1.json is not JSON: ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.slow
def test_generators_write_different_files() -> None:
    paths = [path for generator in GENERATORS for path in generator.files()]
    assert len(paths) == len(set(paths))
    assert all((repository.ROOT / path).is_file() for path in paths)


@pytest.mark.parametrize("arguments", [[], ["mend"], ["build", "--force"]], ids=" ".join)
def test_any_other_command_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
