"""The report as a file: what stands in it, how large it is, when it appears."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import sys
import threading
import tracemalloc
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
import support
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support.pages import Outline

from nano_edit.errors import InputError, OutputError, PartialError, UsageError
from nano_edit.report.entry import ReportEntry, entry_from_record
from nano_edit.report.markup import ENTRY_BYTES, article, link, shown
from nano_edit.report.thumbnail import heat_map
from nano_edit.report.totals import RESERVED, Totals, totals_markup
from nano_edit.report.writer import LARGE, MANY, SMALL, ReportWriter

if TYPE_CHECKING:
    from collections.abc import Iterable

HOSTILE = "</script><script>steal()</script>\"><img src=x onerror=steal()>'&lt;\x1b[31m"
PLAIN = ReportEntry(
    "out.png", "Blur it", None, None, {"tokens": "1,290"}, "done", tokens=1290
)
FAILED = replace(PLAIN, ending="failed", code="refused", failure="No.\nAsk again.")


def write(path: Path, entries: Iterable[ReportEntry], **more: Any) -> Outline:
    settings = {"title": "Many edits", "started": datetime.now(UTC), **more}
    with ReportWriter(path, **settings) as report:
        for entry in entries:
            report.add_entry(entry)
    return Outline(path.read_text(encoding="utf-8"))


def body(entry: ReportEntry, folder: Path = Path()) -> Outline:
    return Outline(article(entry, 1, folder=folder, budget=LARGE))


# --- what stands in it --------------------------------------------------------


def test_an_edit_shows_its_pictures_instruction_and_figures(tmp_path: Path) -> None:
    before = support.photo(tmp_path / "in.jpg")
    after = support.photo(tmp_path / "out.png", 60, 90)
    page = write(tmp_path / "r.html", [replace(PLAIN, before=before, after=after)])
    first, second = page.all("img")
    assert (first["alt"], second["alt"]) == ("Before: out.png", "After: out.png")
    assert (first["width"], first["height"]) == ("96", "64")
    assert {picture["loading"] for picture in (first, second)} == {"lazy"}
    assert all((p["src"] or "").startswith("data:image/webp;") for p in page.all("img"))
    assert [a["href"] for a in page.all("a")][-2:] == ["in.jpg", "out.png"]
    assert "Blur it" in page.text
    assert "Tokens1,290" in page.text
    assert "Done" in page.text


def test_a_failed_edit_shows_its_reason(tmp_path: Path) -> None:
    page = write(tmp_path / "r.html", [FAILED])
    assert "Failed: refused" in page.text
    assert "No.\nAsk again." in page.text
    assert page.all("article")[0]["data-code"] == "refused"


def test_a_missing_picture_leaves_a_placeholder_and_no_slider(tmp_path: Path) -> None:
    before = support.photo(tmp_path / "in.jpg")
    entry = replace(PLAIN, before=before, after=tmp_path / "gone.png")
    page = write(tmp_path / "r.html", [entry])
    assert "The file is no longer there." in page.text
    assert len(page.all("img")) == 1
    assert "range" not in {field.get("type") for field in page.all("input")}


def test_a_broken_picture_leaves_a_placeholder_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "<odd>.png").write_bytes(b"no picture")
    page = body(replace(PLAIN, after=tmp_path / "<odd>.png"))
    assert "<odd>.png is not a picture" in page.text
    assert not page.all("img")


@pytest.mark.parametrize("path", ["x" * 5000, "a\x00b", os.devnull])
def test_a_name_that_is_no_file_leaves_a_placeholder(path: str) -> None:
    page = body(replace(PLAIN, after=Path(path)))
    assert "The file is no longer there." in page.text


def test_a_picture_with_alpha_is_marked(alpha_png: Path) -> None:
    assert body(replace(PLAIN, after=alpha_png)).all("img")[0]["class"] == "alpha"


def test_an_edit_without_any_fact_is_a_heading_alone() -> None:
    entry = ReportEntry("out.png", "", None, None, {}, "skipped")
    assert {tag for tag, _ in body(entry).tags} == {
        *("article", "div", "p", "a", "strong", "h2")
    }


def test_a_long_instruction_is_folded_and_whole() -> None:
    text = "Keep every word. " * 60
    page = body(replace(PLAIN, instruction=text))
    assert page.all("details")
    assert text in page.text
    assert body(replace(PLAIN, instruction="x" * 400)).all("details")


def test_the_totals_count_endings_reasons_and_tokens(tmp_path: Path) -> None:
    entries = [PLAIN, PLAIN, FAILED, replace(FAILED, code=""), FAILED]
    entries += [replace(PLAIN, ending="cached"), replace(PLAIN, ending="skipped")]
    page = write(
        tmp_path / "r.html",
        entries,
        started=datetime.now(UTC) - timedelta(minutes=3),
    )
    text = re.sub(r"\s+", " ", page.text)
    assert "Done2" in text.replace(" ", "")
    assert "refused 2 · other 1" in text
    assert "6,450" in text  # five were paid for in this run
    assert "3 min 0 s" in text


def test_an_empty_run_says_so(tmp_path: Path) -> None:
    assert "There were no edits" in write(tmp_path / "r.html", []).text


def test_a_start_without_a_time_zone_is_local_time(tmp_path: Path) -> None:
    page = write(tmp_path / "r.html", [], started=datetime(2026, 3, 1, 14, 5))  # noqa: DTZ001 - the point
    assert "01 March 2026, 14:05" in page.text


def test_the_totals_fit_their_space_whatever_is_counted() -> None:
    totals = Totals()
    for number in range(5000):
        entry = replace(FAILED, code=f"\u202e<{number}>" + "&" * 90)
        totals.add(replace(entry, tokens=10**15))
    for ending in ("done", "skipped", "cached"):
        totals.add(replace(PLAIN, ending=ending))
    markup = totals_markup(totals, seconds=1e9, cut_short=True)
    assert len(markup.encode()) <= RESERVED
    assert "other" in markup


# --- from a result ------------------------------------------------------------

RESULT: dict[str, object] = {
    "ok": True,
    "output": "made/out.png",
    "width": 1024,
    "height": 680,
    "bytes": 1_234_567,
    "model": "gemini-2.5-flash-image",
    "usage": {"total_tokens": 1290},
    "attempts": 2,
    "elapsed_s": 3.44,
}


def test_a_result_becomes_an_entry(tmp_path: Path) -> None:
    before = support.photo(tmp_path / "in.jpg")
    entry = entry_from_record(
        {**RESULT, "instruction": "Blur", "images": [str(before), "b.png"]}
    )
    assert entry == ReportEntry(
        title="out.png",
        instruction="Blur",
        before=before,
        after=Path("made/out.png"),
        figures={
            "pixels": "1024 \N{MULTIPLICATION SIGN} 680",
            "bytes": "1.2 MB",
            "seconds": "3.4 s",
            "tokens": "1,290",
            "attempts": "2",
            "model": "gemini-2.5-flash-image",
        },
        ending="done",
        tokens=1290,
    )


def test_notes_of_a_result_are_shown_and_odd_values_are_not() -> None:
    record = {"ok": True, "output": 7, "warnings": ["Made smaller."], "usage": []}
    odd: dict[str, object] = {
        "width": None,
        "bytes": "many",
        "elapsed_s": [],
        "error": "none",
    }
    entry = entry_from_record({**record, **odd})
    assert entry.figures == {"notes": "Made smaller."}
    assert entry.after is None


@pytest.mark.parametrize("flag", ["cached", "skipped"])
def test_a_flag_of_a_result_is_its_outcome(flag: str) -> None:
    entry = entry_from_record({**RESULT, flag: True})
    assert entry.ending == flag
    assert entry.after == Path("made/out.png")


def test_a_failed_result_says_why_and_shows_no_output() -> None:
    error = {"code": "server", "message": "It broke.", "hint": "Try again."}
    error |= {"billed": "unknown", "recovery": "/s/reply-1.part"}
    record = {"ok": False, "output": "out.png", "error": error, "attempts": 1}
    entry = entry_from_record(record)
    assert (entry.title, entry.after, entry.ending) == ("out.png", None, "failed")
    assert (entry.code, entry.failure) == ("server", "It broke.\nTry again.")
    assert entry.figures == {"billed": "unknown", "kept": "/s/reply-1.part"}
    entry = entry_from_record({**record, "label": "line 3"})
    assert entry.title == "line 3"


@pytest.mark.parametrize("output", ["-", "", None])
def test_a_result_without_a_file_is_named_after_its_input(
    tmp_path: Path, output: str | None
) -> None:
    before = support.photo(tmp_path / "in.jpg")
    entry = entry_from_record({"ok": True, "output": output, "images": [str(before)]})
    assert (entry.title, entry.after) == ("in.jpg", None)
    assert entry_from_record({"ok": True, "output": output}).title == "standard output"


@pytest.mark.parametrize(
    "images",
    [
        [],
        None,
        [""],
        ["gone.png"],
        ["https://example.org/a.png"],
        ["data:image/png;base64," + "A" * 9000],
        ["a\x00b"],
        [os.devnull],
    ],
)
def test_an_input_that_is_no_file_is_not_shown(images: object) -> None:
    assert entry_from_record({**RESULT, "images": images}).before is None


# --- foreign text -------------------------------------------------------------


def test_foreign_text_stays_text_wherever_it_stands(tmp_path: Path) -> None:
    entry = ReportEntry(
        title=HOSTILE,
        instruction=HOSTILE,
        before=support.photo(tmp_path / "in'&.jpg"),
        after=tmp_path / HOSTILE.replace("/", ":"),
        figures={HOSTILE: HOSTILE},
        ending="failed",
        failure=HOSTILE,
        code=HOSTILE,
    )
    page = write(tmp_path / "r.html", [entry], title=HOSTILE)
    assert len(page.all("script")) == 1
    assert [p["alt"] for p in page.all("img")] == ["Before: " + seen(HOSTILE)]
    assert not {name for _, each in page.tags for name in each} & {"onerror", "style"}
    assert seen(HOSTILE) in page.text


def seen(text: str) -> str:
    return text.replace("\x1b", "␛")


@given(st.text(), st.integers(20, 400))
def test_shown_text_is_harmless_and_short(text: str, limit: int) -> None:
    markup = shown(text, limit)
    assert len(markup.encode()) <= limit
    assert not set(markup) & set("<>\"'")
    kinds = {unicodedata.category(c) for c in markup if c not in "\n\t"}
    assert not kinds & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(markup) & set("\u061c\u200e\u200f\u202a\u202e\u2066\u2069")


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_shown_text_that_is_harmless_is_unchanged(text: str) -> None:
    assert unescape(shown(text, 2000)) == text


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("a\x00b\x1b[0m", "a␀b␛[0m"),
        ("\u202egnp.exe", "[U+202E]gnp.exe"),
        ("half \ud800", "half [U+D800]"),
        ("del \x7f", "del [U+007F]"),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("cut here", "cut here"),
    ],
)
def test_what_would_not_be_seen_is_made_visible(text: str, visible: str) -> None:
    assert shown(text, 100) == visible


def test_text_that_is_cut_ends_in_an_ellipsis() -> None:
    assert shown("x" * 100, 20) == "x" * 17 + "…"


# --- links --------------------------------------------------------------------


def test_links_are_relative_to_the_report(tmp_path: Path) -> None:
    assert link(tmp_path / "a b#?.png", tmp_path) == "a%20b%23%3F.png"
    assert link(tmp_path / "in" / "a.png", tmp_path / "out") == "../in/a.png"
    assert link(Path("ü.png"), Path()) == "%C3%BC.png"


def test_a_file_name_is_never_a_scheme(tmp_path: Path) -> None:
    assert (
        link(tmp_path / "javascript:alert(1)", tmp_path) == "javascript%3Aalert%281%29"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no names of bare bytes")
def test_a_name_that_is_no_text_is_linked(tmp_path: Path) -> None:
    target = tmp_path / os.fsdecode(b"caf\xe9.png")
    assert unquote(link(target, tmp_path), "latin-1") == "café.png"


def test_a_path_too_long_for_a_link_is_not_linked() -> None:
    page = body(replace(PLAIN, after=Path("x/" * 600 + "out.png")))
    assert len(page.all("a")) == 1


# --- what keeps the rest --------------------------------------------------------


CHANGE = {"threshold": 2.3, "area": 4.0, "inside": 80.5, "outside": 0}


def test_an_edit_that_keeps_the_rest_shows_where_it_changed(tmp_path: Path) -> None:
    before, after = tmp_path / "in.png", tmp_path / "out.png"
    image = support.noise(200, 120)
    image.save(before)
    image.paste((255, 0, 0), (20, 20, 60, 60))
    image.save(after)
    record = {"ok": True, "output": str(after), "images": [str(before)]}
    plain, kept = (
        article(entry_from_record(each), 1, folder=tmp_path, budget=LARGE)
        for each in (record, record | {"change": CHANGE})
    )
    assert "Where it changed" not in plain
    assert kept.count("<img") == 3
    assert "80.5 % of 4 % of the picture; 0 % outside" in kept
    (found,) = re.findall(
        r'class="change"><img src="data:image/webp;base64,([^"]*)', kept
    )
    heat = Image.open(io.BytesIO(base64.b64decode(found))).convert("RGB")
    inside, outside = heat.getpixel((40, 40)), heat.getpixel((150, 90))
    assert isinstance(inside, tuple)
    assert isinstance(outside, tuple)
    assert max(inside) - min(inside) > 40
    assert max(outside) - min(outside) < 20


def test_a_heat_map_shows_no_difference_between_two_decoders(tmp_path: Path) -> None:
    jpeg, png = tmp_path / "in.jpg", tmp_path / "out.png"
    support.noise(1280, 800).save(jpeg, quality=95)
    with Image.open(jpeg) as image:
        image.save(png, compress_level=1)
    shown = heat_map(jpeg, png, limit=LARGE)
    heat = Image.open(io.BytesIO(shown.data)).convert("RGB").resize((64, 40))
    values = heat.tobytes()
    places = [values[at : at + 3] for at in range(0, len(values), 3)]
    assert max(max(place) - min(place) for place in places) < 20


@pytest.mark.parametrize("change", [None, {}, {"area": "4"}, {"area": 1}, "x", 7])
def test_a_change_that_is_no_change_is_not_shown(change: object) -> None:
    entry = entry_from_record({"ok": True, "output": "o.png", "change": change})
    assert "changed" not in entry.figures


def test_a_picture_that_is_gone_has_no_heat_map(tmp_path: Path) -> None:
    entry = replace(PLAIN, before=tmp_path / "a.png", after=tmp_path / "b.png",
                    keeps_rest=True)  # fmt: skip
    assert "Where it" not in article(entry, 1, folder=tmp_path, budget=LARGE)


# --- size ---------------------------------------------------------------------


def largest(tmp_path: Path) -> ReportEntry:
    noise = tmp_path / "noise.png"
    support.noise(480, 480, mode="RGBA").save(noise)
    text = "\"'<\u202e" * 5000
    figures = {f"{text}{number}": text for number in range(40)}
    return ReportEntry(text, text, noise, noise, figures, "failed", text, text)


@pytest.mark.parametrize("keeps_rest", [False, True])
def test_no_edit_takes_more_than_its_share(tmp_path: Path, *, keeps_rest: bool) -> None:
    entry = replace(largest(tmp_path), keeps_rest=keeps_rest)
    markup = article(entry, 10**6, folder=tmp_path, budget=LARGE)
    assert LARGE // 2 < len(markup.encode()) <= ENTRY_BYTES


def test_five_hundred_of_the_largest_edits_stay_under_30_mb(tmp_path: Path) -> None:
    write(tmp_path / "empty.html", [])
    frame = (tmp_path / "empty.html").stat().st_size
    assert frame + MANY * ENTRY_BYTES < 30_000_000


def test_beyond_many_edits_thumbnails_are_smaller(tmp_path: Path) -> None:
    noise = tmp_path / "noise.png"
    support.noise(300, 300).save(noise)
    sizes = []
    for budget in (LARGE, SMALL):
        markup = article(replace(PLAIN, after=noise), 1, folder=tmp_path, budget=budget)
        sizes.append(len(markup))
        assert len(Outline(markup).all("img")[0]["src"] or "") <= budget + 30
    assert sizes[1] < sizes[0]


def test_memory_is_flat_in_the_number_of_edits(tmp_path: Path) -> None:
    entry = replace(PLAIN, before=support.photo(tmp_path / "in.png"))
    with ReportWriter(
        tmp_path / "r.html", title="Many", started=datetime.now(UTC)
    ) as report:
        for _ in range(20):
            report.add_entry(entry)
        tracemalloc.start()
        for _ in range(MANY):
            report.add_entry(entry)
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    written = (tmp_path / "r.html").stat().st_size
    assert held < 100_000
    assert written > 500_000
    page = Outline((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert len(page.all("article")) == MANY + 20


# --- the page's own policy ----------------------------------------------------


def test_the_policy_names_the_style_and_the_script_by_hash(tmp_path: Path) -> None:
    page = write(tmp_path / "r.html", [])
    text = (tmp_path / "r.html").read_bytes()
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv"))
    assert policy
    assert "default-src 'none'" in policy
    for tag in (b"style", b"script"):
        found = re.findall(b"<%b>(.*?)</%b>" % (tag, tag), text, re.DOTALL)
        assert len(found) == 1
        digest = base64.b64encode(hashlib.sha256(found[0]).digest()).decode()
        assert f"{tag.decode()}-src 'sha256-{digest}'" in policy
    assert b"\r" not in text


def test_the_page_names_no_other_place(tmp_path: Path) -> None:
    write(tmp_path / "r.html", [PLAIN, FAILED])
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert not re.findall(r"https?:|url\(|@import", text)


# --- when it appears ----------------------------------------------------------


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_report_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    write(path, [FAILED])
    earlier = path.read_text(encoding="utf-8")
    with ReportWriter(path, title="Now", started=datetime.now(UTC)) as report:
        report.add_entry(PLAIN)
        assert path.read_text(encoding="utf-8") == earlier
    assert "Now" in path.read_text(encoding="utf-8")
    assert leftovers(tmp_path) == ["r.html"]


def test_finishing_twice_is_finishing_once(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    report = ReportWriter(path, title="Now", started=datetime.now(UTC))
    report.finish()
    path.write_text("changed since")
    report.finish()
    assert path.read_text() == "changed since"


def failing(path: Path, error: BaseException) -> None:
    with ReportWriter(path, title="Now", started=datetime.now(UTC)) as report:
        report.add_entry(PLAIN)
        raise error


def test_a_run_that_was_ended_early_is_reported_as_such(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        failing(tmp_path / "r.html", KeyboardInterrupt())
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "The run ended early" in text
    assert "out.png" in text


def test_some_failed_edits_do_not_make_a_run_ended_early(tmp_path: Path) -> None:
    with pytest.raises(PartialError):
        failing(tmp_path / "r.html", PartialError("Some failed."))
    assert "The run ended early" not in (tmp_path / "r.html").read_text(
        encoding="utf-8"
    )


def test_edits_may_be_added_from_many_threads(tmp_path: Path) -> None:
    entry = replace(PLAIN, before=support.photo(tmp_path / "in.png"))
    path = tmp_path / "r.html"
    with ReportWriter(path, title="Now", started=datetime.now(UTC)) as report:
        threads = [
            threading.Thread(target=list, args=(map(report.add_entry, [entry] * 5),))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    page = Outline(path.read_text(encoding="utf-8"))
    names = [each["id"] for each in page.all("article")]
    assert names == [f"edit-{number}" for number in range(1, 31)]


@pytest.mark.parametrize("name", ["folder.html", "missing/r.html"])
def test_a_place_that_cannot_be_written_is_an_error_at_once(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(InputError, match="report cannot be written"):
        ReportWriter(tmp_path / name, title="Now", started=datetime.now(UTC))


def test_a_report_that_cannot_be_placed_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    report = ReportWriter(path, title="Now", started=datetime.now(UTC))
    (path / "in the way").mkdir(parents=True)
    with pytest.raises(OutputError, match="report cannot be written"):
        report.finish()
    assert leftovers(tmp_path) == ["r.html"]


def test_a_broken_report_does_not_hide_why_the_run_ended(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    report = ReportWriter(path, title="Now", started=datetime.now(UTC))
    (path / "in the way").mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt), report:
        raise KeyboardInterrupt
    report = ReportWriter(tmp_path / "s.html", title="", started=datetime.now(UTC))
    (tmp_path / "s.html" / "in the way").mkdir(parents=True)
    with pytest.raises(OutputError), report:
        report.add_entry(PLAIN)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on a file's size")
def test_a_full_disk_stops_no_edit_and_is_told_at_the_end(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - not there on Windows

    path = tmp_path / "r.html"
    write(path, [FAILED])
    earlier = path.read_text(encoding="utf-8")
    report = ReportWriter(path, title="Now", started=datetime.now(UTC))
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    try:
        for _ in range(100):
            report.add_entry(FAILED)
        with pytest.raises(OutputError, match="report cannot be written"):
            report.finish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text(encoding="utf-8") == earlier
    assert leftovers(tmp_path) == ["r.html"]


@pytest.mark.parametrize("name", ["r.jpg", "r", "results.jsonl", "r.html.bak"])
def test_a_name_that_is_not_a_reports_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"must be a file that ends in \.html"):
        ReportWriter(tmp_path / name)
    assert leftovers(tmp_path) == []


FOREIGN = [
    b"",
    b"<!doctype html><title>My page</title>",
    b"\xff\xd8\xff a photo",
    b'I write about <meta name="generator" content="nano-edit 1">.',
    b"<!doctype html>" + b" " * 4096 + b'<meta name="generator" content="nano-edit 1">',
]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_file_that_is_not_a_report_is_never_replaced(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "r.HTML"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="exists and is not a report") as found:
        ReportWriter(path)
    assert found.value.hint.startswith("Nothing was sent.")
    assert path.read_bytes() == content
    assert leftovers(tmp_path) == ["r.HTML"]


def test_a_file_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    report = ReportWriter(path)
    path.write_bytes(b"written by another program")
    with pytest.raises(OutputError, match="File exists"):
        report.finish()
    assert path.read_bytes() == b"written by another program"
    assert leftovers(tmp_path) == ["r.html"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_report_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    for _ in range(2):
        write(path, [PLAIN])
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o644)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_to_another_file_is_refused(tmp_path: Path) -> None:
    photo = support.photo(tmp_path / "photo.jpg")
    before = photo.read_bytes()
    (tmp_path / "r.html").symlink_to(photo)
    with pytest.raises(UsageError):
        ReportWriter(tmp_path / "r.html")
    assert photo.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_is_followed_to_the_report(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    path = tmp_path / "r.html"
    path.symlink_to(tmp_path / "kept" / "r.html")
    write(path, [PLAIN])
    assert path.is_symlink()
    assert (tmp_path / "kept" / "r.html").is_file()


# --- money ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "figure"),
    [
        ({"dollars": 0.09, "estimated": True}, "about $0.09"),
        ({"dollars": 0.1385, "estimated": False}, "$0.139"),
        ({"dollars": None, "estimated": True}, "unknown"),
        ({"dollars": 0.0, "estimated": False}, None),
        ({}, "unknown"),
        (None, None),
        ("much", None),
    ],
)
def test_an_edit_shows_what_it_cost(cost: object, figure: str | None) -> None:
    entry = entry_from_record({"ok": True, "output": "a.png", "cost": cost})
    assert entry.figures.get("cost") == figure


def test_the_costs_add_up_and_unknown_prices_are_counted() -> None:
    totals = Totals()
    for dollars in (0.5, 0.59, None):
        cost = {"dollars": dollars, "estimated": True}
        totals.add(entry_from_record({"ok": True, "output": "a.png", "cost": cost}))
    markup = totals_markup(totals, seconds=1, cut_short=False)
    assert "<dt>Cost, about</dt><dd>$1.09</dd>" in markup
    assert "1 without a known price" in markup
    assert "Cost" not in totals_markup(Totals(), seconds=1, cut_short=False)
