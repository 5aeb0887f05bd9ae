"""Many edits at once, as processes against the emulator: what is asked and kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from support import ROOT, Finished, Run, command, cutout, environment, photo

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nano_edit.emulator.log import LogEntry

KEY = {"NANO_EDIT_API_KEY": "canary"}
NIGHT = {"instruction": "make it night", "images": ["in/0.jpg"]}
SCHEMA = Draft202012Validator(
    json.loads((ROOT / "docs" / "result.schema.json").read_bytes())
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with ``in/``, six pictures that differ."""
    (tmp_path / "in").mkdir()
    for number in range(6):
        photo(tmp_path / "in" / f"{number}.jpg", 32 + number, 24)
    return tmp_path


@pytest.fixture
def many(run: Run, folder: Path, emulator: Emulator) -> Callable[..., Finished]:
    """Run the program against the emulator, in the folder of pictures."""

    def start(*arguments: str, stdin: bytes = b"") -> Finished:
        where = ("--base-url", emulator.url)
        return run(*arguments, *where, cwd=folder, env=KEY, stdin=stdin)

    return start


EACH = ("sepia", "in", "--each", "-o", "out")


def results(path: Path) -> list[dict[str, Any]]:
    """The lines of a manifest, each as the schema says."""
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    for record in records:
        SCHEMA.validate(record)
    return [record for record in records if "ok" in record]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".jsonl")


def write_list(path: Path, *lines: dict[str, Any]) -> None:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def most_at_once(requests: Sequence[LogEntry]) -> int:
    """How many requests were under way at the busiest moment."""
    moments = [(each.received_monotonic, 1) for each in requests]
    moments += [(each.last_byte_monotonic or 0.0, -1) for each in requests]
    running, most = 0, 0
    for _, change in sorted(moments):
        running += change
        most = max(most, running)
    return most


# --- what is asked -----------------------------------------------------------


def test_a_count_makes_variants(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    done = many("sepia", "in/0.jpg", "-n", "3", "-o", "out.jpg")
    assert done.status == 0, done.stderr
    written = sorted(done.stdout.splitlines())
    assert written == ["out-1.jpg", "out-2.jpg", "out-3.jpg"]
    assert all((folder / name).exists() for name in written)
    assert len(emulator.requests) == 3
    assert not list(folder.glob("*.jsonl"))


def test_variants_of_what_is_piped_in(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    picture = (folder / "in/0.jpg").read_bytes()
    done = many("sepia", "-", "-n", "2", stdin=picture)
    assert sorted(done.stdout.splitlines()) == [
        "picture-edited-1.jpg",
        "picture-edited-2.jpg",
    ]
    done = many("@-", "in/0.jpg", "-n", "2", "-o", "b.jpg", stdin=b"@home in sepia")
    assert sorted(done.stdout.splitlines()) == ["b-1.jpg", "b-2.jpg"]
    said = [request.instruction for request in emulator.requests]
    assert said[:2] == ["sepia"] * 2
    assert [(text or "").strip() for text in said[2:]] == ["@home in sepia"] * 2


def test_variants_of_a_picture_and_what_is_piped_in(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    picture = (folder / "in/1.jpg").read_bytes()
    done = many("join", "in/0.jpg", "-", "-n", "2", "-o", "out.jpg", stdin=picture)
    assert sorted(done.stdout.splitlines()) == ["out-1.jpg", "out-2.jpg"]
    assert [len(request.images or ()) for request in emulator.requests] == [2, 2]


def test_each_picture_is_an_edit_by_itself(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    done = many(*EACH)
    assert done.status == 0, done.stderr
    assert names(folder / "out") == [f"{number}-edited.jpg" for number in range(6)]
    assert {request.instruction for request in emulator.requests} == {"sepia"}
    assert [len(request.images or ()) for request in emulator.requests] == [1] * 6
    lines = done.stderr.splitlines()
    assert [line.split("]")[0] for line in lines[:6]] == [
        f"[{number}/6" for number in range(1, 7)
    ]
    assert lines[6].startswith("6 edits  done: 6, tokens: ")
    assert "\x1b" not in done.stderr


def test_one_job_goes_through_a_folder_in_order(many: Callable[..., Finished]) -> None:
    done = many(*EACH, "-j", "1", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["label"].replace("\\", "/") for record in records] == [
        f"in/{number}.jpg" for number in range(6)
    ]


def test_recursive_keeps_the_folders_below(
    many: Callable[..., Finished], folder: Path
) -> None:
    (folder / "in/x/y").mkdir(parents=True)
    shutil.copy(folder / "in/0.jpg", folder / "in/x/y/0.jpg")
    done = many(*EACH, "--recursive")
    assert done.status == 0, done.stderr
    assert (folder / "out/0-edited.jpg").exists()
    assert (folder / "out/x/y/0-edited.jpg").exists()


def test_names_that_collide_are_refused_before_anything_is_sent(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    (folder / "more").mkdir()
    shutil.copy(folder / "in/3.jpg", folder / "more/3.jpg")
    done = many("sepia", "in", "more", "--each", "-o", "out")
    assert done.status == 2
    said = done.stderr.replace("\\", "/")
    assert "more/3.jpg and in/3.jpg would both write" in said
    assert emulator.requests == ()


@pytest.mark.parametrize("from_stdin", [True, False])
def test_a_list_says_for_each_edit_what_differs(
    many: Callable[..., Finished], folder: Path, emulator: Emulator, *, from_stdin: bool
) -> None:
    write_list(
        folder / "list.jsonl",
        {**NIGHT, "output": "1.png", "aspect_ratio": "16:9"},
        {**NIGHT, "images": ["in/1.jpg", "in/2.jpg"], "output": "2.jpg"},
    )
    text = (folder / "list.jsonl").read_bytes()
    done = many("batch", "-" if from_stdin else "list.jsonl", "-j1", stdin=text)
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines() == ["1.png", "2.jpg"]
    asked = [
        (request.aspect_ratio, len(request.images or ()))
        for request in emulator.requests
    ]
    assert asked == [("16:9", 1), (None, 2)]
    assert len(results(folder / "results.jsonl")) == 2


def test_a_faulty_list_sends_nothing_and_names_the_lines(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    write_list(
        folder / "list.jsonl",
        {**NIGHT, "output": "1.png"},
        {**NIGHT, "images": ["none.jpg"]},
        {**NIGHT, "sise": "1K"},
    )
    done = many("batch", "list.jsonl")
    assert done.status == 3
    assert "list.jsonl:2: none.jpg cannot be read" in done.stderr
    assert "list.jsonl:3: there is no option 'sise'" in done.stderr
    assert emulator.requests == ()
    assert not (folder / "results.jsonl").exists()


def test_a_dry_run_shows_every_edit_and_sends_nothing(
    many: Callable[..., Finished], emulator: Emulator
) -> None:
    done = many(*EACH, "--dry-run")
    assert done.status == 0
    assert done.stdout.count("# in") == 6
    assert done.stdout.splitlines()[-1].startswith("6 edits: ")
    assert done.stdout.endswith(" kB in all would be sent; nothing was.\n")
    done = many(*EACH, "--dry-run", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == 7
    assert records[-1]["requests"] == 6
    for record in records:
        SCHEMA.validate(record)
    assert emulator.requests == ()


def test_what_would_fail_again_is_to_be_corrected_first(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    (folder / "in/3.jpg").write_text("no picture")
    done = many(*EACH)
    assert done.status == 12
    assert "Correct what failed, then run the same command again" in done.stderr
    (folder / "in/3.jpg").unlink()
    photo(folder / "in/3.jpg", 40, 24)
    emulator.set_faults("400")
    done = many(*EACH)
    assert "Correct what failed, then run the same command again" in done.stderr
    emulator.set_faults("reset")
    done = many(*EACH, "--retries", "0")
    assert "\n  Run the same command again" in done.stderr


# --- the pace ----------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 3])
def test_no_more_run_at_once_than_jobs(run: Run, folder: Path, jobs: int) -> None:
    with Emulator(latency=0.3, signature_bytes=1000) as emulator:
        run(*EACH, f"-j{jobs}", "--base-url", emulator.url, cwd=folder, env=KEY)
        assert len(emulator.requests) == 6
        assert most_at_once(emulator.requests) == jobs


def test_requests_a_minute_are_spread(
    many: Callable[..., Finished], emulator: Emulator
) -> None:
    many(*EACH, "-j", "6", "--rpm", "400")
    began = [request.received_monotonic for request in emulator.requests]
    assert began[-1] - began[0] > 5 * 60 / 400 * 0.9


def test_a_rate_limit_pauses_all_and_halves_the_number_at_once(
    run: Run, folder: Path
) -> None:
    for _ in range(5):  # until the machine has begun four at once
        shutil.rmtree(folder / "out", ignore_errors=True)
        with Emulator(
            latency=0.3, signature_bytes=1000, faults="429=1.5:4"
        ) as emulator:
            where = ("--base-url", emulator.url)
            done = run(*EACH, "-j", "4", *where, cwd=folder, env=KEY)
            limited, others = emulator.requests[:4], emulator.requests[4:]
        if limited[3].received_monotonic - limited[0].received_monotonic < 1:
            break
    assert done.status == 0, done.stderr
    assert done.stderr.count("Attempt 1 failed") == 4
    assert len(others) == 6
    told = max(request.first_byte_monotonic or 0.0 for request in limited)
    again = [request.received_monotonic for request in others]
    assert again[0] > told + 1.45
    # Four at once came to a limit, so two go on: the third waits for one to end.
    first_end = min(request.last_byte_monotonic or 0.0 for request in others)
    assert again[1] < first_end
    assert again[2] > first_end


# --- failures ----------------------------------------------------------------


def test_one_failing_edit_stops_no_other_and_is_made_again_alone(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    emulator.set_faults("ok:2,IMAGE_SAFETY")
    done = many(*EACH, "-j", "1")
    assert done.status == 12
    assert len(done.stdout.splitlines()) == 5
    assert "[3/6] in" in done.stderr
    assert "2.jpg: refused: " in done.stderr
    assert "failed: 1 (1 refused and billed)" in done.stderr
    assert "1 of 6 edits failed." in done.stderr
    assert [record["ok"] for record in results(folder / "out/results.jsonl")] == [
        *(True, True, False, True, True, True)
    ]
    again = many(*EACH, "--retry-refused")
    assert again.status == 0
    assert len(emulator.requests) == 7
    assert again.stderr.count("exists already, skipped") == 5
    assert "6 edits  done: 1, skipped: 5" in again.stderr


def test_a_failure_is_a_json_object_with_its_job(
    many: Callable[..., Finished], emulator: Emulator
) -> None:
    emulator.set_faults("IMAGE_SAFETY")
    done = many(*EACH, "-j", "1", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == 6
    for record in records:
        SCHEMA.validate(record)
    assert records[0]["error"]["code"] == "refused"
    assert len({record["job"] for record in records}) == 6


def test_fail_fast_begins_nothing_new(
    many: Callable[..., Finished], emulator: Emulator
) -> None:
    emulator.set_faults("ok,IMAGE_SAFETY")
    done = many(*EACH, "-j", "1", "--fail-fast")
    assert done.status == 12
    assert len(emulator.requests) == 2
    assert "No new edits are begun" in done.stderr
    assert "not begun: 4" in done.stderr
    assert "1 of 6 edits failed. 4 were not begun." in done.stderr


@pytest.mark.parametrize(("fault", "status"), [("401", 4), ("403-quota", 6)])
def test_what_every_edit_would_meet_ends_the_run(
    many: Callable[..., Finished], emulator: Emulator, fault: str, status: int
) -> None:
    emulator.set_faults(f"{fault}:*")
    done = many(*EACH, "-j", "2")
    assert done.status == status
    assert len(emulator.requests) <= 2
    assert "not begun: " in done.stderr
    assert "Billed: no." in done.stderr


def test_money_that_runs_out_on_the_way_leaves_what_is_done(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    emulator.set_faults("ok:2,403-quota:*")
    done = many(*EACH, "-j", "1")
    assert done.status == 12
    assert "failed: 1 (1 quota), not begun: 3" in done.stderr
    emulator.set_faults("")
    assert many(*EACH).status == 0
    assert len(emulator.requests) == 7
    assert len(names(folder / "out")) == 6


def test_a_picture_that_is_none_costs_nothing_but_itself(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    (folder / "in/1.jpg").write_bytes(b"no picture")
    done = many(*EACH)
    assert done.status == 12
    assert "1.jpg: input: " in done.stderr
    assert len(emulator.requests) == 5


def test_a_missing_key_is_told_before_any_edit(run: Run, folder: Path) -> None:
    done = run(*EACH, "--base-url", "https://example.invalid", cwd=folder)
    assert done.status == 4
    assert "edits  " not in done.stderr


# --- once is enough ----------------------------------------------------------


def test_skip_existing_goes_by_the_outputs_alone(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    (folder / "out").mkdir()
    shutil.copy(folder / "in/4.jpg", folder / "out/4-edited.png")
    done = many(*EACH, "--skip-existing", "--json")
    assert done.status == 0
    assert len(emulator.requests) == 5
    records = [json.loads(line) for line in done.stdout.splitlines()]
    skipped = [record["label"][-5:] for record in records if "skipped" in record]
    assert skipped == ["4.jpg"]
    for record in records:
        SCHEMA.validate(record)
    (folder / "out/results.jsonl").unlink()
    assert many(*EACH, "--skip-existing").status == 0
    assert len(emulator.requests) == 5


def test_what_is_there_and_not_known_is_not_replaced(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    (folder / "out").mkdir()
    (folder / "out/4-edited.png").write_bytes(b"mine")
    done = many(*EACH)
    assert done.status == 12
    assert "4.jpg: input: out/4-edited.png exists already" in done.stderr
    assert len(emulator.requests) == 5
    assert (folder / "out/4-edited.png").read_bytes() == b"mine"


def test_a_torn_manifest_costs_the_torn_edit_alone(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    many(*EACH)
    manifest = folder / "out/results.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-20])
    (folder / "out/5-edited.jpg").unlink()
    (folder / "out/5-edited.jpg").write_bytes(b"another file")
    assert many(*EACH, "--force").status == 0
    asked = [request.images[0].width for request in emulator.requests if request.images]
    assert len(asked) <= 8


def test_another_instruction_is_another_edit(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    (folder / "how.txt").write_text("sepia")
    arguments = ("@how.txt", "in", "--each", "-o", "out", "--force")
    many(*arguments)
    many(*arguments)
    assert len(emulator.requests) == 6
    (folder / "how.txt").write_text("night")
    many(*arguments)
    assert len(emulator.requests) == 12
    assert {
        record["instruction"] for record in results(folder / "out/results.jsonl")
    } == {
        "sepia",
        "night",
    }


def test_a_picture_that_was_removed_is_made_again(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    many(*EACH)
    (folder / "out/2-edited.jpg").unlink()
    assert many(*EACH).status == 0
    assert len(emulator.requests) == 7
    assert (folder / "out/2-edited.jpg").exists()


def test_variants_resume_by_a_manifest_that_is_named(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    variants = ("sepia", "in/0.jpg", "-n", "3", "-o", "a.jpg")
    emulator.set_faults("ok,IMAGE_SAFETY")
    done = many(*variants, "-j1", "--manifest", "m.jsonl")
    assert "--retry-refused asks again" in done.stderr
    assert len(emulator.requests) == 3
    done = many(*variants, "--manifest", "m.jsonl")
    assert (done.status, len(emulator.requests)) == (12, 3)
    assert "refused by an earlier run: No picture came" in done.stderr
    done = many(*variants, "--manifest", "m.jsonl", "--retry-refused")
    assert (done.status, len(emulator.requests)) == (0, 4)
    (folder / "a-2.jpg").unlink()
    emulator.set_faults("IMAGE_SAFETY")
    assert "Change what was refused" in many(*variants, "--skip-existing").stderr
    assert len(emulator.requests) == 5


def test_the_cache_pays_once_and_says_so(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    for out in ("one", "two"):
        arguments = ("sepia", "in", "--each", "-o", out, "--cache", "--json")
        done = many(*arguments)
        assert done.status == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(emulator.requests) == 6
    assert all(record["cached"] and record["attempts"] == 0 for record in records)
    assert "done: 6, from the cache: 6, time: " in done.stderr
    for name in names(folder / "one"):
        one, two = folder / "one" / name, folder / "two" / name
        assert one.read_bytes() == two.read_bytes()


def test_what_was_emulated_is_not_taken_for_done(
    many: Callable[..., Finished], folder: Path, run: Run
) -> None:
    run(*EACH, "--emulate", cwd=folder)
    assert many(*EACH).status == 12  # the outputs are there, and not replaced
    assert many(*EACH, "--force").status == 0


def test_what_is_said_of_an_edit_names_it(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    emulator.set_faults("small")
    cutout(folder / "in/6.webp", 24, 24)  # goes in as another format, which is told
    done = many(*EACH, "-j", "1", "--text", "--size", "2K", "--max-side", "30")
    said = done.stderr.replace("\\", "/")
    assert "in/0.jpg: warning: " in said
    assert "in/5.jpg: I toned it sepia." in said


# --- shards ------------------------------------------------------------------


def test_shards_make_the_whole_and_their_manifests_merge(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    made = []
    for part in (1, 2, 3, 4):
        shard = ("--shard", f"{part}/4", "--manifest", f"m{part}.jsonl")
        done = many(*EACH, *shard)
        assert done.status == 0, done.stderr
        made.append(done.stdout.splitlines())
    assert [len(each) for each in made] == [2, 2, 1, 1]
    assert len(emulator.requests) == 6
    assert len(names(folder / "out")) == 6
    merged = b"".join((folder / f"m{part}.jsonl").read_bytes() for part in (3, 1, 2, 4))
    (folder / "out/results.jsonl").write_bytes(merged)
    assert "skipped: 6" in many(*EACH).stderr
    assert len(emulator.requests) == 6


# --- what is left to look at -------------------------------------------------


def test_a_report_shows_every_edit(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    emulator.set_faults("ok,IMAGE_SAFETY")
    assert many(*EACH, "-j", "1", "--report", "report.html").status == 12
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("<article") == 6
    assert "ended early" not in page
    assert "refused" in page


def test_a_report_of_a_run_cut_short_says_so(
    many: Callable[..., Finished], folder: Path, emulator: Emulator
) -> None:
    emulator.set_faults("401:*")
    many(*EACH, "-j", "1", "--report", "report.html")
    assert "ended early" in (folder / "report.html").read_text(encoding="utf-8")


def test_quiet_prints_paths_and_failures_alone(
    many: Callable[..., Finished], emulator: Emulator
) -> None:
    emulator.set_faults("ok,IMAGE_SAFETY,503=0.1,ok")
    done = many(*EACH, "-j", "1", "-q")
    assert len(done.stdout.splitlines()) == 5
    lines = done.stderr.splitlines()
    assert lines[0].startswith("[2/6] in")
    assert "edits  done" not in done.stderr
    assert "Attempt 1 failed" not in done.stderr


def test_a_manifest_that_cannot_be_written_sends_nothing(
    many: Callable[..., Finished], emulator: Emulator
) -> None:
    done = many(*EACH, "--manifest", "none/there.jsonl")
    assert done.status == 3
    assert "--manifest" in done.stderr
    assert emulator.requests == ()


# --- a bug -------------------------------------------------------------------


# --- memory ------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="figures are of glibc's heap")
def test_memory_does_not_grow_with_the_number_of_edits(tmp_path: Path) -> None:
    peaks = [_peak(tmp_path / str(count), count) for count in (30, 600)]
    assert peaks[1] - peaks[0] < 5e6


def _peak(folder: Path, count: int) -> float:
    """The most bytes that a run of so many small edits has in memory."""
    (folder / "in").mkdir(parents=True)
    small = photo(folder / "in/000.jpg", 32, 24)
    for number in range(1, count):
        shutil.copy(small, folder / "in" / f"{number:03}.jpg")
    with Emulator(signature_bytes=1000, latency=0.02) as emulator:
        order = {
            "argv": command(*EACH, "-j", "8", "--base-url", emulator.url),
            "env": environment(KEY),
            "cwd": str(folder),
            "stdin": os.devnull,
            **{name: str(folder / name) for name in ("stdout", "stderr")},
        }
        launched = subprocess.run(
            [sys.executable, "-I", "-S", str(ROOT / "benchmarks" / "launch.py")],
            input=json.dumps(order).encode(),
            capture_output=True,
            check=True,
        )
    used = json.loads(launched.stdout)
    assert used["status"] == 0
    return float(used["memory"])
