"""What the emulator bills, and that the client's own prices agree with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import support
from support.plain_http import ask, edit_of, path_of

from nano_edit.domain import Usage
from nano_edit.emulator import Emulator
from nano_edit.emulator.faults.errors import LOST
from nano_edit.emulator.faults.table import FAULTS
from nano_edit.wire.models import MODELS
from nano_edit.wire.prices import PriceBook, factor_of

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOGLE, GATEWAY = {"x-goog-api-key": "k"}, {"Authorization": "Bearer k"}
HEADERS = {"google": GOOGLE, "apiyi": GATEWAY}
PRO = "gemini-3-pro-image"
PRICED = [
    (provider, model.name, size, tier)
    for model in MODELS.values()
    for provider, price in model.prices.items()
    for size in price.dollars
    for tier in ("standard", "flex", "priority")
    if factor_of(provider, tier)
]


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=40) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return support.photo(tmp_path_factory.mktemp("in") / "in.jpg", size=(64, 48))


def request_of(picture: Any, size: str | None = None, **more: Any) -> dict[str, Any]:
    config: dict[str, Any] = {"responseModalities": ["IMAGE"]}
    if size:
        config["imageConfig"] = {"imageSize": size}
    return {**edit_of(picture), "generationConfig": config, **more}


def usage_of(document: dict[str, Any]) -> Usage:
    told = document["usageMetadata"]
    (images,) = told["candidatesTokensDetails"]
    return Usage(
        told["promptTokenCount"],
        told["candidatesTokenCount"],
        told["thoughtsTokenCount"],
        told["totalTokenCount"],
        images["tokenCount"],
    )


@pytest.mark.parametrize("row", PRICED, ids=" ".join)
def test_estimate_and_count_agree_with_what_is_billed(
    service: Emulator, picture: Any, row: tuple[str, str, str, str]
) -> None:
    provider, model, size, tier = row
    asked = request_of(picture, size if MODELS[model].sizes else None)
    if tier != "standard":
        asked["serviceTier"] = tier
    reply = ask(service, asked, path=path_of(model), headers=HEADERS[provider])
    charge = service.billed[-1]
    assert charge.dollars
    assert (charge.model, charge.pictures, charge.tier) == (model, 1, tier)
    book = PriceBook()
    estimate = book.estimate(provider, model, size, images=1, tier=tier)
    counted = book.cost(
        provider, model, size, images=1, tier=tier, usage=usage_of(reply.document)
    )
    most = book.most(provider, model, size, images=1, tier=tier)
    assert estimate == pytest.approx(charge.dollars, rel=0.02)
    assert counted.dollars == pytest.approx(charge.dollars, rel=0.02)
    assert counted.counted == (provider == "google")
    assert most
    assert most >= charge.dollars


def test_the_account_is_read_and_cleared_over_http(picture: Any) -> None:
    with Emulator(signature_bytes=0, faults="429=0,reset,IMAGE_SAFETY,500") as emulator:
        asked = request_of(picture)
        ask(emulator, asked, headers=GOOGLE)
        with pytest.raises(OSError, match=r".*"):
            ask(emulator, asked, headers=GOOGLE)
        ask(emulator, asked, headers=GATEWAY)
        ask(emulator, asked, headers=GATEWAY)
        ask(emulator, asked, headers=GOOGLE)
        account = ask(emulator, method="GET", path="/billed").document
        assert (account["requests"], account["pictures"]) == (4, 2)
        assert [each["number"] for each in account["charges"]] == [2, 3, 4, 5]
        lost, refused, failed, _ = account["charges"]
        assert lost["dollars"] == pytest.approx(0.138, rel=0.02)
        assert (refused["dollars"], refused["pictures"]) == (0.09, 0)
        assert (failed["dollars"], failed["response_id"]) == (0.09, None)
        total = sum(each["dollars"] for each in account["charges"])
        assert account["dollars"] == pytest.approx(total)
        ask(emulator, method="DELETE", path="/billed")
        assert ask(emulator, method="GET", path="/billed").document["requests"] == 0


def test_a_price_that_is_not_known_is_null(service: Emulator, picture: Any) -> None:
    asked = request_of(picture)
    ask(service, asked, path=path_of("gemini-9-image"), headers=GOOGLE)
    assert service.billed[-1].dollars is None
    lite = path_of("gemini-3.1-flash-lite-image")
    ask(service, asked, path=lite, headers=GATEWAY)
    assert service.billed[-1].dollars is None


def test_a_refusal_by_google_costs_its_tokens_alone(picture: Any) -> None:
    with Emulator(signature_bytes=0, faults="IMAGE_SAFETY") as emulator:
        ask(emulator, request_of(picture), headers=GOOGLE)
        (charge,) = emulator.billed
        assert charge.pictures == 0
        assert charge.dollars
        assert charge.dollars < 0.01


def test_a_request_that_breaks_the_contract_is_not_billed(service: Emulator) -> None:
    before = len(service.billed)
    ask(service, {"contents": []}, headers=GOOGLE)
    assert len(service.billed) == before


# --- tiers --------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["standard", "flex", "priority"])
def test_google_says_which_tier_served(
    service: Emulator, picture: Any, tier: str
) -> None:
    reply = ask(service, request_of(picture, serviceTier=tier), headers=GOOGLE)
    assert reply.headers["x-gemini-service-tier"] == tier
    assert reply.document["usageMetadata"]["serviceTier"] == tier


def test_a_gateway_knows_no_tiers(service: Emulator, picture: Any) -> None:
    reply = ask(service, request_of(picture, serviceTier="flex"), headers=GATEWAY)
    assert "x-gemini-service-tier" not in reply.headers
    assert service.billed[-1].dollars == 0.09


def test_a_downgrade_is_told_and_billed_as_standard(picture: Any) -> None:
    with Emulator(signature_bytes=0, faults="downgrade") as emulator:
        asked = request_of(picture, serviceTier="flex")
        reply = ask(emulator, asked, headers=GOOGLE)
        assert reply.headers["x-gemini-service-tier"] == "standard"
        (charge,) = emulator.billed
        assert charge.tier == "standard"
        assert charge.dollars == pytest.approx(0.138, rel=0.02)


def test_a_tier_that_there_is_not_is_refused(service: Emulator, picture: Any) -> None:
    reply = ask(service, request_of(picture, serviceTier="cheap"), headers=GOOGLE)
    assert reply.status == 400


def test_the_faults_that_lose_a_picture_are_in_the_table() -> None:
    assert {*LOST} <= {*FAULTS}
