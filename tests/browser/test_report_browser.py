"""The report in a real browser: slider, filter, keys, colours, and no way out.

Chromium is driven through its own driver; both are Debian's ``chromium`` and
``chromium-driver``, or wherever ``PATH`` has them.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import support
from PIL import Image

from nano_edit.report.entry import ReportEntry
from nano_edit.report.writer import ReportWriter

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed"
)

QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars"),
)
HOSTILE = '</p><script>window.stolen=1</script>"><img src=x onerror="window.stolen=1">'
RED, BLUE = (220, 30, 30), (30, 30, 220)
SIDES = ("before", "after")
LONG = "Keep every building exactly as it is. " * 12 + "W" * 90


@contextmanager
def started(profile: Path) -> Iterator[webdriver.Chrome]:
    options = Options()
    options.binary_location = str(CHROMIUM)
    for flag in (*QUIET, f"--user-data-dir={profile}", "--window-size=1400,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield browser
    finally:
        browser.quit()


@pytest.fixture(scope="module")
def chromium(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[webdriver.Chrome]:
    with started(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def entries(folder: Path) -> Iterator[ReportEntry]:
    red, blue, tall = folder / "red.png", folder / "blue.png", folder / "tall.png"
    Image.new("RGB", (300, 200), RED).save(red)
    Image.new("RGB", (300, 200), BLUE).save(blue)
    support.scene(120, 480).save(tall)
    cutout = support.cutout(folder / "cutout.png")
    figures = {"pixels": "300 x 200", "bytes": "12 kB", "tokens": "1,290"}
    yield ReportEntry("one.png", "Make it blue", red, blue, figures, "done")
    yield ReportEntry("two.png", LONG, red, tall, figures, "done")
    yield ReportEntry("three.png", HOSTILE, cutout, blue, {HOSTILE: HOSTILE}, "done")
    for code in ("refused", "quota", "refused"):
        reason = (f"The {code} one.\nTry something else.", code)
        yield ReportEntry(f"{code}.png", "Ask", red, None, {}, "failed", *reason)
    yield ReportEntry("gone.png", "Ask", red, folder / "gone.png", figures, "skipped")
    yield ReportEntry("old.png", "Ask again", red, blue, figures, "cached")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    path = folder / "report.html"
    with ReportWriter(path, title="Eight edits", started=datetime.now(UTC)) as report:
        for entry in entries(folder):
            report.add_entry(entry)
    return path.as_uri()


@pytest.fixture
def page(chromium: webdriver.Chrome, address: str) -> Iterator[webdriver.Chrome]:
    chromium.get("about:blank")  # or only the hash might change, and nothing load
    chromium.get(address)
    chromium.execute_script("localStorage.clear()")
    chromium.refresh()
    yield chromium
    said = complaints(chromium)
    for command in ("clearDeviceMetricsOverride", "setEmulatedMedia"):
        chromium.execute_cdp_cmd(f"Emulation.{command}", {})
    chromium.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    chromium.set_window_size(1400, 900)
    assert said == []  # no error, and the policy was never broken


def one(page: webdriver.Chrome, selector: str) -> WebElement:
    return page.find_element(By.CSS_SELECTOR, selector)


def complaints(page: webdriver.Chrome) -> list[dict[str, Any]]:
    """What the browser has written to its console since it was last asked."""
    return page.get_log("browser")  # type: ignore[no-untyped-call, no-any-return]


def run_js(page: webdriver.Chrome, source: str) -> Any:
    return page.execute_script(f"return {source}")


def press(page: webdriver.Chrome, *keys: str) -> None:
    for key in keys:
        page.switch_to.active_element.send_keys(key)


def visible(page: webdriver.Chrome) -> list[str]:
    """The numbers of the edits that are shown."""
    found = page.find_elements(By.CSS_SELECTOR, ".edit:not([hidden])")
    return [str(each.get_attribute("id")).removeprefix("edit-") for each in found]


def chosen(page: webdriver.Chrome) -> str:
    return str(run_js(page, "document.activeElement.id"))


def choose(page: webdriver.Chrome, label: str) -> None:
    button = next(
        each
        for each in page.find_elements(By.CSS_SELECTOR, ".outcomes button")
        if each.text.startswith(label)
    )
    button.click()


def colours(element: WebElement) -> tuple[str, str]:
    """What is seen at a quarter and at three quarters of an element's width."""
    picture = Image.open(BytesIO(element.screenshot_as_png)).convert("RGB")
    width, height = picture.size
    names = []
    for x in (width // 4, width * 3 // 4):
        red, _, blue = picture.getpixel((x, height // 4))  # type: ignore[misc]
        names.append("red" if red > blue else "blue")
    return names[0], names[1]


# --- the slider ---------------------------------------------------------------


def test_the_slider_shows_before_on_its_left_and_after_on_its_right(
    page: webdriver.Chrome,
) -> None:
    assert colours(one(page, "#edit-1 .stage")) == ("red", "blue")


def test_the_slider_is_moved_by_keys(page: webdriver.Chrome) -> None:
    slider, stage = one(page, "#edit-1 .cut"), one(page, "#edit-1 .stage")
    slider.send_keys(Keys.END)
    assert colours(stage) == ("red", "red")
    assert slider.get_attribute("aria-valuetext") == "100 % before"
    slider.send_keys(Keys.HOME)
    assert colours(stage) == ("blue", "blue")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert slider.get_attribute("value") == "1"
    assert slider.accessible_name == "Before and after: one.png"


def test_the_slider_follows_the_pointer(page: webdriver.Chrome) -> None:
    slider = one(page, "#edit-1 .cut")
    width = slider.size["width"]
    hand = webdriver.ActionChains(page, duration=50)
    hand.move_to_element(slider).click_and_hold()
    hand.move_by_offset(-width // 3, 0).release().perform()
    assert 5 <= int(slider.get_attribute("value") or "") <= 25
    assert colours(one(page, "#edit-1 .stage")) == ("blue", "blue")


def test_a_cut_meets_the_pointer_at_both_ends(page: webdriver.Chrome) -> None:
    """The thumb's middle is where the pictures meet, at the edges too."""
    slider, stage = one(page, "#edit-1 .cut").rect, one(page, "#edit-1 .stage").rect
    knob = slider["width"] - stage["width"]
    assert knob >= 40  # wide enough for a finger
    assert slider["x"] == pytest.approx(stage["x"] - knob / 2, abs=1)


def test_arrows_move_the_slider_of_the_chosen_edit(page: webdriver.Chrome) -> None:
    press(page, "j", Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert one(page, "#edit-1 .cut").get_attribute("value") == "40"
    press(page, "4", Keys.ARROW_RIGHT)
    assert one(page, "#edit-1 .cut").get_attribute("value") == "45"


def test_an_edit_with_one_picture_has_no_slider(page: webdriver.Chrome) -> None:
    assert not page.find_elements(By.CSS_SELECTOR, "#edit-4 .cut, #edit-7 .cut")
    press(page, "j", "j", "j", "j", Keys.ARROW_LEFT)
    assert chosen(page) == "edit-4"


def test_side_by_side_shows_both_pictures_whole(page: webdriver.Chrome) -> None:
    press(page, "s")
    before, after = (one(page, f"#edit-1 .{side} img").rect for side in SIDES)
    assert before["x"] + before["width"] <= after["x"]
    assert not one(page, "#edit-1 .cut").is_displayed()
    assert one(page, "#split").get_attribute("aria-pressed") == "true"


# --- the filter ---------------------------------------------------------------


def test_an_outcome_button_shows_only_its_edits(page: webdriver.Chrome) -> None:
    labels = [each.text for each in page.find_elements(By.CSS_SELECTOR, ".outcomes *")]
    assert "Failed3" in [label.replace("\n", "").replace(" ", "") for label in labels]
    choose(page, "Failed")
    assert visible(page) == ["4", "5", "6"]
    assert one(page, "#count").text == "3 of 8 edits"
    choose(page, "refused")
    assert visible(page) == ["4", "6"]
    choose(page, "All")
    assert len(visible(page)) == 8


def test_text_filters_over_names_instructions_and_reasons(
    page: webdriver.Chrome,
) -> None:
    press(page, "/", "QUOTA one")
    assert chosen(page) == "filter"
    assert visible(page) == ["5"]
    press(page, Keys.ESCAPE)
    assert len(visible(page)) == 8
    assert chosen(page) != "filter"


def test_enter_goes_from_the_filter_to_the_first_edit_found(
    page: webdriver.Chrome,
) -> None:
    press(page, "/", "again", Keys.ENTER)
    assert chosen(page) == "edit-8"


def test_nothing_found_says_so_and_shows_all_again(page: webdriver.Chrome) -> None:
    press(page, "/", "zebra", Keys.ENTER)
    assert visible(page) == []
    assert one(page, "#empty").is_displayed()
    one(page, "#reset").click()
    assert len(visible(page)) == 8
    assert not one(page, "#empty").is_displayed()


def test_a_filter_chosen_deep_in_the_page_shows_its_first_edit(
    page: webdriver.Chrome,
) -> None:
    page.set_window_size(700, 900)
    page.execute_script(
        "scrollTo({top: document.body.scrollHeight, behavior: 'instant'})"
    )
    page.execute_script("document.querySelector('.outcomes [data-mark=done]').click()")
    top = run_js(page, "document.getElementById('edit-1').getBoundingClientRect().top")
    assert 0 <= top < 900


# --- from edit to edit --------------------------------------------------------


def test_keys_move_among_the_edits_that_are_shown(page: webdriver.Chrome) -> None:
    choose(page, "Failed")
    press(page, "j")
    assert chosen(page) == "edit-4"
    press(page, "j", Keys.ARROW_DOWN, "j")
    assert chosen(page) == "edit-6"
    press(page, "k", Keys.ARROW_UP, "k")
    assert chosen(page) == "edit-4"
    assert page.current_url.endswith("#edit-4")


def test_an_address_with_a_number_opens_that_edit(
    page: webdriver.Chrome, address: str
) -> None:
    page.get(address + "#edit-7")
    assert chosen(page) == "edit-7"
    top = run_js(page, "document.activeElement.getBoundingClientRect().top")
    assert 0 <= top < 900


def test_a_number_shows_an_edit_that_was_filtered_away(page: webdriver.Chrome) -> None:
    choose(page, "Cached")
    page.execute_script("location.hash = 'edit-1'")
    WebDriverWait(page, 10).until(lambda _: chosen(page) == "edit-1")
    assert len(visible(page)) == 8


def test_the_slider_keeps_its_own_up_and_down(page: webdriver.Chrome) -> None:
    slider = one(page, "#edit-1 .cut")
    slider.send_keys(Keys.ARROW_UP)
    assert slider.get_attribute("value") == "51"
    slider.send_keys("j")
    assert chosen(page) == "edit-2"


def test_letters_can_be_switched_off_and_stay_so(page: webdriver.Chrome) -> None:
    press(page, "?")
    assert one(page, "#keys").is_displayed()
    one(page, "#letters").click()
    press(page, Keys.ESCAPE)
    page.refresh()
    WebDriverWait(page, 10).until(lambda _: one(page, "#letters"))
    press(page, "j", "s", "t")
    assert chosen(page) == ""
    assert run_js(page, "document.documentElement.className") == "js"
    page.execute_script("document.getElementById('edit-1').focus()")
    press(page, Keys.ARROW_DOWN)
    assert chosen(page) == "edit-2"


def test_arrows_scroll_the_page_until_an_edit_is_chosen(
    page: webdriver.Chrome,
) -> None:
    press(page, Keys.ARROW_DOWN)
    assert chosen(page) == ""
    press(page, "j")
    WebDriverWait(page, 10).until(lambda _: chosen(page) == "edit-1")
    press(page, Keys.ARROW_DOWN)
    WebDriverWait(page, 10).until(lambda _: chosen(page) == "edit-2")


def test_keys_with_a_modifier_are_left_to_the_browser(page: webdriver.Chrome) -> None:
    keys = webdriver.ActionChains(page)
    keys.key_down(Keys.CONTROL).send_keys("j").key_up(Keys.CONTROL).perform()
    assert chosen(page) == ""


def test_every_control_is_reached_by_tab(page: webdriver.Chrome) -> None:
    page.execute_script("document.querySelector('.skip').focus()")
    reached = set()
    wanted = {"filter", "split", "theme", "keys-button", "cut"}
    for _ in range(20):
        press(page, Keys.TAB)
        here = "document.activeElement.id || document.activeElement.className"
        reached.add(run_js(page, here))
        if wanted <= reached:
            return
    pytest.fail(f"Tab reached {reached} alone")


# --- colours, sizes, media ----------------------------------------------------

# Text whose contrast with what lies behind it is below AA's 4.5 : 1.
LOW_CONTRAST = """(() => {
  const canvas = document.createElement("canvas")
    .getContext("2d", { willReadFrequently: true });
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, ground) =>
    [0, 1, 2].map((i) => top[i] * top[3] + ground[i] * (1 - top[3]));
  const light = (c) => c.map((v) => v / 255)
    .map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = (e) => {
    if (!e) return [255, 255, 255];
    const own = parse(getComputedStyle(e).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(e.parentElement));
  };
  return [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility()
    && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())
  ).flatMap((e) => {
    const behind = ground(e), ink = parse(getComputedStyle(e).color);
    ink[3] *= Number(getComputedStyle(e).opacity);
    const [a, b] = [light(over(ink, behind)), light(behind)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    return ratio < 4.5 ? [`${e.tagName} ${e.className}: ${ratio.toFixed(2)}`] : [];
  });
})()"""


def prefer(page: webdriver.Chrome, scheme: str) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def ground(page: webdriver.Chrome) -> str:
    return str(run_js(page, "getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(page: webdriver.Chrome, scheme: str) -> None:
    prefer(page, scheme)
    choose(page, "Failed")
    assert run_js(page, LOW_CONTRAST) == []
    choose(page, "All")
    assert run_js(page, LOW_CONTRAST) == []


def test_colours_follow_the_system_until_they_are_chosen(
    page: webdriver.Chrome,
) -> None:
    prefer(page, "light")
    light = ground(page)
    prefer(page, "dark")
    dark = ground(page)
    assert light != dark
    WebDriverWait(page, 10).until(lambda _: one(page, "#theme").text == "Light")
    one(page, "#theme").click()
    assert (ground(page), one(page, "#theme").text) == (light, "Dark")
    press(page, "t")
    assert (ground(page), one(page, "#theme").text) == (dark, "Light")


def test_chosen_colours_are_kept_for_the_next_page(
    page: webdriver.Chrome, address: str
) -> None:
    prefer(page, "light")
    light = ground(page)
    one(page, "#theme").click()
    dark = ground(page)
    assert dark != light
    first = page.current_window_handle
    page.switch_to.new_window("tab")  # the first stays: what it wrote arrives

    def opened(_: object) -> bool:
        page.get(address)
        prefer(page, "light")
        return ground(page) == dark

    WebDriverWait(page, 10).until(opened)
    page.close()
    page.switch_to.window(first)


@pytest.mark.parametrize(("width", "rows"), [(800, 3), (1000, 2), (1400, 1)])
def test_the_bar_takes_few_rows_and_hides_no_edit(
    page: webdriver.Chrome, width: int, rows: int
) -> None:
    page.set_window_size(width, 900)
    assert run_js(page, "document.documentElement.scrollWidth") <= width
    bar = one(page, ".controls").size["height"]
    assert bar < 20 + rows * 50
    press(page, "j", "j", "j", "j", "k")  # upwards is where the bar might cover
    top = run_js(page, "document.activeElement.getBoundingClientRect().top")
    assert top >= bar


def be_a_phone(page: webdriver.Chrome) -> None:
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})


def test_on_a_phone_edits_stand_in_one_column_that_fits(page: webdriver.Chrome) -> None:
    be_a_phone(page)
    assert run_js(page, "document.documentElement.scrollWidth") <= 360
    lefts = {each.rect["x"] for each in page.find_elements(By.CSS_SELECTOR, ".edit")}
    assert len(lefts) == 1
    press(page, "s")
    assert run_js(page, "document.documentElement.scrollWidth") <= 360


def test_on_a_phone_a_finger_moves_the_slider(page: webdriver.Chrome) -> None:
    be_a_phone(page)
    slider = one(page, "#edit-1 .cut")
    centre = """const range = arguments[0];
        range.scrollIntoView({block: "center", behavior: "instant"});
        const box = range.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];"""
    x, y = page.execute_script(centre, slider)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + 40, "y": y}]),
        ("touchMove", [{"x": x + 100, "y": y}]),
        ("touchEnd", []),
    ):
        touch = {"type": kind, "touchPoints": points}
        page.execute_cdp_cmd("Input.dispatchTouchEvent", touch)
    assert int(slider.get_attribute("value") or "") > 70


def test_print_shows_pairs_side_by_side_and_no_controls(page: webdriver.Chrome) -> None:
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    before, after = (one(page, f"#edit-1 .{side} img").rect for side in SIDES)
    assert before["x"] + before["width"] <= after["x"]
    assert not one(page, ".controls").is_displayed()
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert run_js(page, "document.querySelector('details').open")
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    assert not run_js(page, "document.querySelector('details').open")


def test_without_a_script_every_pair_is_there_side_by_side(
    page: webdriver.Chrome,
) -> None:
    try:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        page.refresh()
        assert one(page, "html").get_attribute("class") == ""
        assert not one(page, ".controls").is_displayed()
        before, after = (one(page, f"#edit-1 .{side} img").rect for side in SIDES)
        assert before["x"] + before["width"] <= after["x"]
        assert colours(one(page, "#edit-1 .stage")) == ("red", "blue")
    finally:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


# --- no way out ---------------------------------------------------------------


def test_foreign_text_is_shown_and_does_nothing(page: webdriver.Chrome) -> None:
    assert one(page, "#edit-3 .instruction").text == HOSTILE
    assert run_js(page, "window.stolen") is None
    assert run_js(page, "document.scripts.length") == 1


def test_the_page_loads_nothing(page: webdriver.Chrome) -> None:
    names = run_js(page, "performance.getEntriesByType('resource').map((e) => e.name)")
    assert [name for name in names if not name.startswith("data:")] == []
    assert run_js(page, "[...document.images].every((i) => i.src.startsWith('data:'))")


def test_the_policy_stops_a_script_that_got_in(page: webdriver.Chrome) -> None:
    page.execute_script("""const script = document.createElement("script");
        script.textContent = "window.stolen = 1";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<b style='color: red'>x</b>");
    """)
    assert run_js(page, "window.stolen") is None
    assert "Content Security Policy" in str(complaints(page))
