"""The order of a run: its digest, its log, its continuation and its replay."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.command_line import RunCommand
from support.platforms import needs_file_size_limit, needs_pipes

from psion_contract import ArgumentError, OrderLogError
from psion_contract.record import order_log
from psion_contract.record.order_digest import OrderDigest
from psion_contract.record.replays import Divergence, compare_orders, observed_replays

DATASET = "tidewater@1"
Steps = list[list[tuple[str, int]]]


def order_of(steps: int = 12, seed: int = 3) -> Steps:
    random = Random(seed)
    return [
        [(f"train-{random.randint(0, 3)}", random.randint(0, 99)) for _ in range(5)] for _ in range(steps)
    ]


def written(path: Path, steps: Steps, **options: Any) -> OrderDigest:
    order = OrderDigest(DATASET, log=path, **options)
    feed(order, steps, 1)
    return order


def feed(order: OrderDigest, steps: Steps, first: int) -> None:
    for number, read in enumerate(steps, first):
        for shard, sequence in read:
            order.add(shard, sequence)
        order.end_step(number)


def steps_in(path: Path) -> bytes:
    """What a log has after its first line, which says which recording it is."""
    return path.read_bytes().partition(b"\n")[2]


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_the_digest_and_the_log_are_as_documented(tmp_path: Path) -> None:
    order = written(tmp_path / "a.log", [[("s b", 5), ("t", 0)], [], [("t", 1), ("s b", 5)]])
    start = hashed("psion_order|tidewater@1|0|1")
    first = hashed(f"psion_order_step|{start}|1|s b|5|t|0")
    second = hashed(f"psion_order_step|{first}|2")
    third = hashed(f"psion_order_step|{second}|3|t|1|s b|5")
    assert (order.digest, order.step, order.sequences) == (third, 3, 4)
    header, _, rest = (tmp_path / "a.log").read_text().partition("\n")
    assert re.fullmatch(r"psion\.order_log\.v2 [0-9a-f]{32} 0/1 tidewater@1", header)
    assert rest == f"shard s b\nshard t\nstep 1 0:5 1:0 {first}\nstep 2 {second}\nstep 3 1:1 0:5 {third}\n"


def test_a_resumed_run_has_the_order_of_an_uninterrupted_one(tmp_path: Path) -> None:
    steps = order_of()
    whole = written(tmp_path / "whole.log", steps)
    before = written(tmp_path / "resumed.log", steps[:5])
    before.add(*steps[5][0])
    state = json.loads(json.dumps(before.state_dict()))
    for place in steps[5][1:]:
        before.add(*place)
    before.end_step(6)
    feed(before, [[("train-new", 0)], *order_of(3, seed=8)], 7)  # lost by the crash
    with (tmp_path / "resumed.log").open("ab") as file:
        file.write(b"shard torn\nstep 11 0:1 4:")
    recording = order_log.OrderLog(tmp_path / "resumed.log").recording
    resumed = OrderDigest(DATASET, log=tmp_path / "resumed.log")
    resumed.load_state_dict(state)
    whole_log = steps_in(tmp_path / "whole.log")
    assert steps_in(tmp_path / "resumed.log") == whole_log[: whole_log.index(b"step 6 ")]
    for place in steps[5][1:]:
        resumed.add(*place)
    resumed.end_step(6)
    feed(resumed, steps[6:], 7)
    assert (resumed.digest, resumed.step, resumed.sequences) == (whole.digest, 12, 60)
    assert steps_in(tmp_path / "resumed.log") == steps_in(tmp_path / "whole.log")
    assert order_log.OrderLog(tmp_path / "resumed.log").recording == recording
    assert resumed.state_dict() == whole.state_dict()


def test_the_digest_alone_needs_no_log() -> None:
    order = OrderDigest(DATASET)
    feed(order, order_of(), 1)
    resumed = OrderDigest(DATASET)
    feed(resumed, order_of()[:7], 1)
    state = resumed.state_dict()
    resumed = OrderDigest(DATASET)
    resumed.load_state_dict(state)
    feed(resumed, order_of()[7:], 8)
    assert resumed.digest == order.digest


def test_it_can_be_pickled_and_continues(tmp_path: Path) -> None:
    steps = order_of()
    order = pickle.loads(pickle.dumps(written(tmp_path / "a.log", steps[:5])))
    feed(order, steps[5:], 6)
    written(tmp_path / "b.log", steps)
    assert steps_in(tmp_path / "a.log") == steps_in(tmp_path / "b.log")


def test_a_long_step_has_several_lines(tmp_path: Path) -> None:
    step = [("train-0", number) for number in range(9_000)]
    order = written(tmp_path / "a.log", [step, [("train-0", 9_000)]])
    lines = (tmp_path / "a.log").read_text().splitlines()
    assert [line.split()[:2] for line in lines[2:]] == [
        ["part", "1"],
        ["part", "1"],
        ["step", "1"],
        ["step", "2"],
    ]
    assert max(map(len, lines)) < 2**18
    read = list(order_log.OrderLog(tmp_path / "a.log").steps())
    assert [each.read for each in read] == [step, [("train-0", 9_000)]]
    cut = tmp_path / "cut.log"
    cut.write_text("\n".join(lines[:4]) + "\n")  # a crash between the parts of a step
    assert list(order_log.OrderLog(cut).steps()) == []
    assert order.digest == read[-1].digest


def test_a_log_is_not_overwritten(tmp_path: Path) -> None:
    written(tmp_path / "a.log", order_of(2))
    before = (tmp_path / "a.log").read_bytes()
    with pytest.raises(ArgumentError, match="has an order already; load the state"):
        written(tmp_path / "a.log", order_of(2))
    assert (tmp_path / "a.log").read_bytes() == before
    again = OrderDigest(DATASET, log=tmp_path / "a.log")
    again.load_state_dict(None)
    feed(again, order_of(2), 1)
    assert steps_in(tmp_path / "a.log") == before.partition(b"\n")[2]
    assert (tmp_path / "a.log").read_bytes() != before  # another recording


def test_only_the_log_of_an_order_is_removed(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("precious\n")
    with pytest.raises(OrderLogError, match=r"precious\.txt:1: not the log of an order"):
        OrderDigest(DATASET, log=tmp_path / "precious.txt").load_state_dict(None)
    assert (tmp_path / "precious.txt").exists()


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """A disk on which files have at most so many bytes."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@needs_file_size_limit
def test_a_step_that_could_not_be_written_can_be_ended_again(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    order = OrderDigest(DATASET, log=path)
    for number, shard in enumerate(["t", "new"], 1):
        order.add(shard, 0)
        before = path.read_bytes() if path.exists() else None
        for room in (0, 1, 40):
            with disk_of(len(before or b"") + room), pytest.raises(OrderLogError, match="cannot be written"):
                order.end_step(number)
            assert (path.read_bytes() if path.exists() else None) == before
            assert len(list(tmp_path.iterdir())) == (before is not None)
        order.end_step(number)
    assert [each.read for each in order_log.OrderLog(path).steps()] == [[("t", 0)], [("new", 0)]]


def test_two_recorders_of_one_log_do_not_write_into_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    first = written(path, [[("t", 0)]])
    second = OrderDigest(DATASET, log=path)
    second.load_state_dict(first.state_dict())
    first.end_step(2)
    whole = path.read_bytes()
    with pytest.raises(
        OrderLogError, match=r"a\.log: has 224 bytes; expected 152, .*something else writes to it"
    ):
        second.end_step(2)
    assert path.read_bytes() == whole
    first.end_step(3)
    second.load_state_dict(
        first.state_dict() | {"step": 1, "digest": written(tmp_path / "b.log", [[("t", 0)]]).digest}
    )
    with pytest.raises(OrderLogError, match=r"has 152 bytes; expected 296"):
        first.end_step(4)


def loading(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def load(path: Path) -> None:
        state = written(path, order_of(4)).state_dict()
        change(state)
        OrderDigest(DATASET, log=path).load_state_dict(state)

    return load


STATES: dict[str, tuple[Callable[[Path], None], str]] = {
    "another corpus": (
        loading(lambda state: state.update(dataset_identity="x@1")),
        'state: the order is of rank 0 of 1 of "x@1"; expected rank 0 of 1 of "tidewater@1"',
    ),
    "a corpus that is no text": (
        loading(lambda state: state.update(dataset_identity=b"x@1")),
        "state: dataset_identity: expected a string, found a bytes",
    ),
    "another digest": (
        loading(lambda state: state.update(digest="0" * 64)),
        "it is the order of another run",
    ),
    "later than the log": (loading(lambda state: state.update(step=5)), "ends before step 5"),
    "a member missing": (
        loading(lambda state: state.pop("digest")),
        "not the state of an order: KeyError('digest')",
    ),
    "another version": (loading(lambda state: state.update(version=2)), "has version 2; expected 1"),
    "pending of nothing": (loading(lambda state: state.update(pending=[["a"]])), "not the state of an order"),
}


@pytest.mark.parametrize(("load", "message"), STATES.values(), ids=STATES)
def test_another_state_is_refused_and_the_log_is_unchanged(
    tmp_path: Path, load: Callable[[Path], None], message: str
) -> None:
    written(tmp_path / "same.log", order_of(4))
    with pytest.raises((ArgumentError, OrderLogError)) as error:
        load(tmp_path / "a.log")
    assert message in str(error.value)
    assert steps_in(tmp_path / "a.log") == steps_in(tmp_path / "same.log")


ARGUMENTS: dict[str, tuple[Callable[[OrderDigest], object], str]] = {
    "a number for a shard": (lambda order: order.add(3, 0), "shard: expected a string, found a int"),  # type: ignore[arg-type]
    "a separator": (lambda order: order.add("a|b", 0), 'shard: "a|b" is no identifier'),
    "a line": (lambda order: order.add("a\nb", 0), "is no identifier"),
    "a negative sequence": (lambda order: order.add("a", -1), "sequence: -1 is out of range"),
    "a step again": (lambda order: order.end_step(4), "step: 4 follows 4; steps increase"),
    "a fraction": (lambda order: order.end_step(4.5), "step: 4.5 is a float; give an int"),
}


@pytest.mark.parametrize(("call", "message"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_malformed_arguments_are_refused(
    tmp_path: Path, call: Callable[[OrderDigest], object], message: str
) -> None:
    order = written(tmp_path / "a.log", order_of(4))
    with pytest.raises(ArgumentError) as error:
        call(order)
    assert message in str(error.value)
    assert order.state_dict()["pending"] == []


# Comparing.


def test_the_same_order_is_exact(tmp_path: Path) -> None:
    order = written(tmp_path / "a.log", order_of())
    written(tmp_path / "b.log", order_of())
    compared = compare_orders(tmp_path / "a.log", tmp_path / "b.log")
    assert compared == (12, 60, order.digest, None, True, True)


def swapped(steps: Steps) -> Steps:
    steps[6][1], steps[6][3] = steps[6][3], steps[6][1]
    return steps


def moved(steps: Steps) -> Steps:
    steps[7].insert(0, steps[6].pop())
    return steps


BASE = order_of()
DIVERGING: dict[str, tuple[Callable[[Steps], Steps], Divergence, bool]] = {
    "two sequences swapped": (swapped, Divergence(7, 0, 1, BASE[6][1], BASE[6][3]), True),
    "a sequence in another step": (moved, Divergence(7, 0, 4, BASE[6][4], None), True),
    "cut off": (lambda steps: steps[:9], Divergence(10, 0, 0, BASE[9][0], None), False),
    "longer": (lambda steps: [*steps, [("x", 1)]], Divergence(13, 0, 0, None, ("x", 1)), True),
    "another seed": (
        lambda _: order_of(seed=4),
        Divergence(1, 0, 0, BASE[0][0], order_of(seed=4)[0][0]),
        True,
    ),
}


@pytest.mark.parametrize(("change", "expected", "complete"), DIVERGING.values(), ids=DIVERGING)
def test_the_first_divergence_is_found(
    tmp_path: Path, change: Callable[[Steps], Steps], expected: Divergence, complete: bool
) -> None:
    written(tmp_path / "a.log", order_of())
    written(tmp_path / "b.log", change(order_of()))
    compared = compare_orders(tmp_path / "a.log", tmp_path / "b.log")
    assert (compared.divergence, compared.complete) == (expected, complete)


def test_ranks_are_compared_one_by_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for rank in range(3):
            steps = order_of(seed=rank)
            if name == "b" and rank:
                steps = moved(steps) if rank == 1 else swapped(steps)
            written(tmp_path / name / f"rank-{rank}.log", steps, rank=rank, ranks=3)
    compared = compare_orders(tmp_path / "a", tmp_path / "b")
    assert (compared.steps, compared.sequences, compared.complete) == (36, 180, True)
    assert compared.divergence is not None
    assert compared.divergence[:3] == (7, 1, 4)
    assert str(compared.divergence).startswith("step 7, rank 1, position 4: sequence ")
    (tmp_path / "b" / "rank-1.log").unlink()
    with pytest.raises(OrderLogError, match="expected the logs of all 3 ranks of one run, found ranks: 0, 2"):
        compare_orders(tmp_path / "a", tmp_path / "b")


CHANGES: dict[str, tuple[Callable[[str], str], str]] = {
    "two sequences swapped": (
        lambda text: text.replace("step 1 0:5 0:6", "step 1 0:6 0:5"),
        ":3: the digest of the order up to here is ",
    ),
    "a line left out": (
        lambda text: "".join(text.splitlines(True)[:3] + text.splitlines(True)[4:]),
        ":4: the digest",
    ),
    "a line repeated": (lambda text: text + text.splitlines(True)[-1], ":6: step 3 follows step 3"),
    "another format": (
        lambda text: text.replace("v2", "v3"),
        ":1: not the log of an order; expected psion.order_log",
    ),
    "no shard": (lambda text: text.replace("shard t\n", ""), ":2: shard 0 has no name; 0 are named before"),
    "words": (lambda text: text.replace("step 2", "step two"), ":4: expected a shard or a step, found"),
    "empty": (lambda text: "", ":1: not the log of an order"),
    "no step": (lambda text: text.splitlines(True)[0], ": has no complete step"),
    "an endless line": (lambda text: text + "x" * 2**19, ":6: longer than 262144 bytes"),
    "another corpus": (
        lambda text: text.replace("tidewater", "seawater").splitlines(True)[0],
        'is of "tidewater@1" with 1 rank; expected of "seawater@1" with 1 rank',
    ),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES)
def test_a_log_that_was_changed_is_refused_by_line(
    tmp_path: Path, change: Callable[[str], str], message: str
) -> None:
    steps = [[("t", 5), ("t", 6)], [("t", 1)], [("t", 2)]]
    good, bad = tmp_path / "good.log", tmp_path / "bad.log"
    written(bad, steps)
    written(good, steps)
    bad.write_text(change(bad.read_text()))
    with pytest.raises(OrderLogError) as error:
        compare_orders(bad, good)
    assert message in str(error.value)


def test_a_header_with_many_ranks_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"psion.order_log.v1 0/9999999999 {DATASET}\n")
    with pytest.raises(OrderLogError, match="the logs of all 9999999999 ranks of one run, found ranks: 0"):
        compare_orders(tmp_path / "a.log", tmp_path / "a.log")


def test_a_folder_without_logs_says_where_they_are(tmp_path: Path) -> None:
    with pytest.raises(
        OrderLogError, match=r"expected the log of an order, rank-0\.log; a recorder writes it to"
    ):
        compare_orders(tmp_path, tmp_path)


@needs_pipes
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.log")
    with pytest.raises(OrderLogError, match="is no regular file, which can be read twice"):
        compare_orders(tmp_path / "a.log", tmp_path / "a.log")


def test_a_log_that_cannot_be_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "a.log", order_of())
    written(tmp_path / "b.log", order_of())

    class Broken:
        def __init__(self, file: Any) -> None:
            self.file = file

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def readline(self, limit: int) -> bytes:
            if self.file.tell() > 100:
                raise OSError(5, "Input/output error")
            return bytes(self.file.readline(limit))

    def broken(path: str, mode: str) -> Any:
        return Broken(Path(path).open(mode))

    monkeypatch.setattr(order_log, "open", broken, raising=False)
    with pytest.raises(OrderLogError, match=r"\.log: cannot be read: Input/output error"):
        compare_orders(tmp_path / "a.log", tmp_path / "b.log")


def test_a_step_without_sequences_that_one_order_lacks(tmp_path: Path) -> None:
    written(tmp_path / "a.log", [[("t", 1)], []])
    written(tmp_path / "b.log", [[("t", 1)]])
    for first, second in (("a", "b"), ("b", "a")):
        compared = compare_orders(tmp_path / f"{first}.log", tmp_path / f"{second}.log")
        assert (
            str(compared.divergence) == "step 2: only one of the two has this step, in which nothing was read"
        )


def test_a_torn_last_line_is_no_step(tmp_path: Path) -> None:
    written(tmp_path / "a.log", order_of())
    written(tmp_path / "b.log", order_of())
    data = (tmp_path / "b.log").read_bytes()
    (tmp_path / "b.log").write_bytes(data[:-1])
    compared = compare_orders(tmp_path / "a.log", tmp_path / "b.log")
    assert compared.divergence == Divergence(12, 0, 0, BASE[11][0], None)


# Copies.


def of_version_1(path: Path) -> Path:
    """A log as it was written before logs said which recording they are."""
    text = path.read_text()
    path.write_text(f"psion.order_log.v1 0/1 {DATASET}\n{text.partition(chr(10))[2]}")
    return path


def test_a_copy_is_no_replay(tmp_path: Path, psion: RunCommand) -> None:
    written(tmp_path / "run.log", order_of())
    written(tmp_path / "replay.log", order_of())
    shutil.copy(tmp_path / "run.log", tmp_path / "copy.log")
    shutil.copy(tmp_path / "replay.log", tmp_path / "twice.log")
    said = f"{tmp_path / 'copy.log'}: is the same recording as {tmp_path / 'run.log'}: a copy is no replay; read the data again"
    with pytest.raises(OrderLogError) as error:
        compare_orders(tmp_path / "run.log", tmp_path / "copy.log")
    assert str(error.value) == said
    run = psion("replay", "compare", tmp_path / "run.log", tmp_path / "copy.log")
    assert (run.code, run.out, run.err) == (2, "", f"Error: {said}\n")
    for given, of in (
        (["copy.log"], "copy.log is the same recording as .*run.log"),
        (["replay.log", "twice.log"], "twice.log is the same recording as .*replay.log"),
    ):
        with pytest.raises(ArgumentError, match=f"replays: .*{of}"):
            observed_replays(tmp_path / "run.log", [tmp_path / name for name in given])


def test_a_copy_of_a_part_is_no_replay(tmp_path: Path) -> None:
    """Two continuations of one recording share their beginning, which was read once."""
    order = written(tmp_path / "run.log", order_of(6))
    state = order.state_dict()
    shutil.copy(tmp_path / "run.log", tmp_path / "fork.log")
    for name in ("run.log", "fork.log"):
        resumed = OrderDigest(DATASET, log=tmp_path / name)
        resumed.load_state_dict(state)
        feed(resumed, order_of()[6:], 7)
    with pytest.raises(OrderLogError, match="is the same recording as"):
        compare_orders(tmp_path / "run.log", tmp_path / "fork.log")


def test_logs_of_version_1_are_compared_and_not_counted(tmp_path: Path, psion: RunCommand) -> None:
    order = written(tmp_path / "run.log", order_of())
    written(tmp_path / "new.log", order_of())
    written(tmp_path / "old.log", order_of())
    old = of_version_1(tmp_path / "old.log")
    assert compare_orders(tmp_path / "run.log", old) == (12, 60, order.digest, None, True, False)
    run = psion("replay", "compare", tmp_path / "run.log", old)
    assert (run.code, run.out.splitlines()[1]) == (
        0,
        "but one may be a copy of the other: logs of version 1 do not say which recording they are",
    )
    with pytest.raises(ArgumentError, match=r"old\.log is a log of version 1, .* record it again"):
        observed_replays(tmp_path / "run.log", [old])


def test_a_log_of_version_1_is_continued(tmp_path: Path) -> None:
    state = written(tmp_path / "a.log", order_of(6)).state_dict()
    resumed = OrderDigest(DATASET, log=of_version_1(tmp_path / "a.log"))
    resumed.load_state_dict(state)
    feed(resumed, order_of()[6:], 7)
    written(tmp_path / "b.log", order_of())
    assert steps_in(tmp_path / "a.log") == steps_in(tmp_path / "b.log")
    assert order_log.OrderLog(tmp_path / "a.log").recording is None


# What a receipt may claim.


def test_replays_are_counted_and_exact_if_all_of_them_are(tmp_path: Path) -> None:
    order = written(tmp_path / "run.log", order_of())
    for name, steps in {
        "a": order_of(),
        "b": order_of(),
        "swapped": swapped(order_of()),
        "cut": BASE[:9],
    }.items():
        written(tmp_path / f"{name}.log", steps)
    paths = {name: tmp_path / f"{name}.log" for name in ("run", "a", "b", "swapped", "cut")}
    digest = f"digest of the order {order.digest}."
    assert observed_replays(paths["run"], [paths["a"], paths["b"]]) == (
        2,
        True,
        f"2 replays of 60 sequences in 12 steps, exact; {digest}",
        DATASET,
    )
    found = observed_replays(paths["run"], [paths["a"], paths["swapped"]])
    assert found[:2] == (2, False)
    assert "not exact: at step 7, position 1: sequence " in found.summary
    assert observed_replays(paths["run"], [paths["a"], paths["cut"]])[:2] == (1, False)
    with pytest.raises(ArgumentError, match="none of the replays is complete"):
        observed_replays(paths["run"], [paths["cut"]])
    os.link(paths["run"], tmp_path / "link.log")
    for given in (["run"], ["a", "a"], ["link"]):
        with pytest.raises(ArgumentError, match=r"\.log is given twice, or as the order of the run"):
            observed_replays(paths["run"], [tmp_path / f"{name}.log" for name in given])
    with pytest.raises(ArgumentError, match="there is no replay"):
        observed_replays(paths["run"], [])
    with pytest.raises(ArgumentError, match="expected a list of paths, found one path"):
        observed_replays(paths["run"], paths["a"])  # type: ignore[arg-type]


def test_the_command_says_where_orders_differ(tmp_path: Path, psion: RunCommand) -> None:
    order = written(tmp_path / "a.log", [[("t", 5), ("t", 6)], [("t", 1)]])
    written(tmp_path / "b.log", [[("t", 5), ("t", 6)], [("t", 1)]])
    written(tmp_path / "c.log", [[("t", 6), ("t", 5)]])
    run = psion("replay", "compare", tmp_path / "a.log", tmp_path / "b.log")
    assert (run.code, run.out) == (0, f"exact: 3 sequences in 2 steps, digest {order.digest}\n")
    run = psion("replay", "compare", tmp_path / "a.log", tmp_path / "c.log")
    assert run.code == 1
    assert run.out == (
        "not exact: the first difference is at\n"
        '  step 1, position 0: sequence 5 of shard "t" against sequence 6 of shard "t"\n'
        f"{tmp_path / 'c.log'} is not complete: the first order has 3 sequences in 2 steps\n"
    )
    run = psion("replay", "compare", tmp_path / "a.log", tmp_path / "none.log")
    assert (run.code, run.err) == (
        2,
        f"Error: {tmp_path / 'none.log'}: cannot be read: No such file or directory\n",
    )
