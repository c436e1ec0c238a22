"""The page of HTML in a real browser: nothing is requested, bars have the right lengths, and axe finds nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from support.canonical_sets import INPUTS, PILOT, as_text, documents
from support.stage_programs import program
from support.toolchains import ROOT, need, run

from psion_contract import Checker
from psion_contract.output.html_report import render_examination
from tools.edits import Tree, edited, put
from tools.pack.restoring import sealed

PACKAGE = ROOT / "interop" / "browser"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "chromium"
)
HOSTILE = (
    '</style><script>document.title = "run"</script>"><img src="//a.example/x" onerror="alert(1)">\u202e\x00'
)

pytestmark = pytest.mark.slow

Inspected = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    """What the browser says about the page of the documents of a case."""
    need("node", "npm", CHROMIUM)
    run("npm", "ci", folder=PACKAGE)

    @cache
    def inspect(name: str) -> dict[str, Any]:
        examination = Checker().examine({name: as_text(value) for name, value in CASES[name].items()})
        file = tmp_path_factory.mktemp("pages") / "page.html"
        file.write_bytes(render_examination(examination).encode())
        report: dict[str, Any] = json.loads(run("node", "inspect.mjs", CHROMIUM, str(file), folder=PACKAGE))
        return report

    return inspect


def many(number: int) -> Tree:
    """That many configs with their receipts, some of them broken."""
    tree = documents(*INPUTS)
    config, receipt = (as_text(each) for each in documents("config", "receipt").values())
    for n in range(number):
        run_id = f"tidewater-sweep-{n:03}"
        tree[f"{n % 5}/{run_id}-config.json"] = json.loads(config.replace("tidewater-pilot-01", run_id))
        own = json.loads(receipt.replace("tidewater-pilot-01", run_id))
        own["objective_config"]["label_smoothing_bps"] += n % 20 == 3
        tree[f"{n % 5}/{run_id}-receipt.json"] = sealed({"receipt": own})["receipt"]
    return tree


CASES: dict[str, Tree] = {
    "canonical": {
        **documents(*PILOT, "resumed_config", "resumed"),
        "program": program("pretrain", "general_sft"),
    },
    "broken": edited(
        documents(*PILOT),
        put("/receipt/objective_config/label_smoothing_bps", 0),
        put("/receipt/source_family_reports/0/token_share_bps_within_split", 5700),
        put("/receipt/source_family_reports/2/source_family_id", "poems"),
    ),
    "hostile": edited(
        {
            **documents(*PILOT),
            HOSTILE: {"schema_version": "psion.pretrain_stage_config.v1", "run_id": HOSTILE},
        },
        put("/receipt/summary", HOSTILE),
        put("/receipt/source_family_reports/1/source_family_id", HOSTILE),
        put("/receipt/checkpoint_lineage/promoted_checkpoint/stream_id", HOSTILE * 20),
    ),
    "many": many(40),
}


@pytest.mark.parametrize("name", CASES)
def test_the_page_is_quiet_and_accessible(name: str, inspected: Inspected) -> None:
    found = inspected(name)
    assert found["console"] == []
    assert found["requests"] == []
    views = {f"{view}-{scheme}" for view in ("phone", "desktop") for scheme in ("light", "dark")}
    assert found["violations"] == {view: [] for view in views}
    assert found["overflow"] == dict.fromkeys(views, 0)
    assert found["first_focus"] == "Skip to the findings"
    page = found["structure"]
    assert (page["scripts"], page["handlers"], page["images"]) == (0, 0, 0)
    assert (page["dangling"], page["foreign"]) == (0, 0)
    assert page["landmarks"] == ["header", "nav", "main", "footer"]
    assert found["bare_bars"] == len(page["bars"]) >= 18


def test_bars_have_the_right_lengths(inspected: Inspected) -> None:
    bars = inspected("canonical")["structure"]["bars"]
    receipt = documents("receipt")["receipt"]
    found = {each["label"].replace("\xa0", " "): each for each in bars}
    label = "engineering_prose: 51.87 % of tokens, 50.64 % of sequences, weight 51.00 %, cap 56.00 %"
    bar = found[label]
    shares = {name: length / bar["width"] for name, length in bar["parts"].items()}
    assert shares == pytest.approx(
        {"track": 1, "tokens": 0.5187, "sequences": 0.5064, "weight": 0.51, "cap": 0.56}, abs=0.003
    )
    highest = max(row["mean_next_token_loss_milli"] for row in receipt["source_family_reports"])
    bar = found["systems_code, train: loss 2.105"]
    assert bar["parts"]["loss"] / bar["width"] == pytest.approx(2105 / highest, abs=0.003)
    assert bar["width"] > 100


def test_a_hostile_document_is_text_in_the_browser(inspected: Inspected) -> None:
    page = inspected("hostile")["structure"]
    shown = HOSTILE.replace("\u202e", "\\u202e").replace("\x00", "\\u0000")
    assert shown in page["text"]
    assert page["title"] == "inconsistent: psion-contract"


def test_links_open_what_is_collapsed(inspected: Inspected) -> None:
    found = inspected("many")
    assert found["opened_by_link"] is True
    titles = [text for level, text in found["structure"]["headings"] if level == 3]
    assert titles[-2:] == ["With findings (2)", "Without findings (38)"]
