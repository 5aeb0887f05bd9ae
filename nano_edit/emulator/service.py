"""The service behind the HTTP: a call and its body in, a response out.

What the contract refuses is refused whatever the fault list says; a fault is
for a request that would have succeeded.  Replies are kept for a while, so that
the same edit asked for three thousand times is drawn once.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from nano_edit.emulator import catalog
from nano_edit.emulator.account import GATEWAY, GOOGLE, Account
from nano_edit.emulator.connection import compress
from nano_edit.emulator.contract import GenerateRequest, read_request
from nano_edit.emulator.drift import Drift
from nano_edit.emulator.errors import invalid, refuse
from nano_edit.emulator.faults.drift import parse_drift
from nano_edit.emulator.faults.errors import ERRORS, LOST
from nano_edit.emulator.faults.syntax import FaultQueue
from nano_edit.emulator.jobs.api import DeferredApi
from nano_edit.emulator.jobs.batches import LINE
from nano_edit.emulator.log import Log, hash_key, strip_scheme
from nano_edit.emulator.models import EmulatedModel
from nano_edit.emulator.replies import ResponseBuilder
from nano_edit.emulator.responses import Response, write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from nano_edit.emulator.faults.syntax import Fault
    from nano_edit.emulator.responses import Delivery

_KEPT = 64 * 1024 * 1024  # bytes of replies that are kept
_CacheKey = tuple[bytes, str, Drift, str | None, bool]
EDITS = ("generateContent", "streamGenerateContent")


@dataclass(frozen=True, slots=True)
class EmulatorOptions:
    """How an emulator behaves; see `nano_edit.emulator.Emulator`."""

    latency: float = 0.0  # seconds
    signature_bytes: int | None = None
    gzip: bool = True
    keep_images: bool = False
    mark: bool = True
    batch_delay: float = 0.0  # seconds from a batch's creation to its end


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the service, as its request line tells it."""

    number: int  # of its log entry
    method: str  # "generateContent", "countTokens", "models.list", ...
    model: str  # "": none is named
    version: str
    query: str

    @property
    def stream(self) -> str | None:
        """How the reply's parts come: "sse", "array", or None for all at once."""
        if self.method != "streamGenerateContent":
            return None
        return "sse" if parse_qs(self.query).get("alt") == ["sse"] else "array"


class EmulatedService:
    """Everything that requests share: options, faults, log, kept replies."""

    def __init__(
        self, options: EmulatorOptions, faults: str = "", drift: str = ""
    ) -> None:
        self.options = options
        self.faults = FaultQueue(faults)
        self.drift = parse_drift(drift)
        self.log = Log()
        self.account = Account()
        self.images: dict[int, tuple[bytes, ...]] = {}
        self._replies = _ReplyCache()
        self.deferred = DeferredApi(self.faults, options.batch_delay, self.edit_line)

    # --- edits --------------------------------------------------------------

    def edit(
        self, call: Call, headers: Message[str, str], body: bytes, fault: Fault
    ) -> tuple[Response, Delivery]:
        """Return what to send, and how, to one request for an edit.

        `Refusal` when the contract does not allow it.
        """
        self.log.note(call.number, **key_facts(call.query, headers))
        signed = self.options.signature_bytes != 0
        request = read_request(body, call.model, version=call.version, signed=signed)
        self._remember(call.number, request)
        builder = ResponseBuilder(
            request,
            drift=self.drift,
            stream=call.stream,
            mark=self.options.mark,
            signature_size=self.options.signature_bytes,
        )
        response = self._build(builder, fault, gzip=self._may_gzip(headers))
        provider, tier = provider_of(headers), served_tier(request, fault)
        if provider == GOOGLE and response.status == 200:
            served = (*response.headers, ("x-gemini-service-tier", tier))
            response = dataclasses.replace(response, headers=served)
        self._charge(
            call.number, builder, response, fault, provider=provider, tier=tier
        )
        delivery = fault.kind.deliver(fault.argument)
        if 200 <= response.status < 300:
            silence = delivery.silence + self.options.latency
            delivery = dataclasses.replace(delivery, silence=silence)
        return response, delivery

    def edit_line(self, batch: str, model: str, body: bytes) -> Response:
        """Return the response to one line of a batch.

        It takes the next fault of the list as a request would, but for how that is
        delivered.  `Refusal` when the contract does not allow it.
        """
        fault = self.faults.take()
        signed = self.options.signature_bytes != 0
        request = read_request(body, model, version="v1beta", signed=signed)
        number = self.log.open(
            path=batch,
            method=LINE,
            model=model,
            prefix="",
            headers={},
            received_at=time.time(),
            received_monotonic=time.monotonic(),
            client="",
            fault=str(fault),
            body_bytes=len(body),
        )
        self._remember(number, request)
        builder = ResponseBuilder(
            request,
            drift=self.drift,
            mark=self.options.mark,
            signature_size=self.options.signature_bytes,
        )
        response = fault.kind.build(builder, fault.argument)
        self.log.note(number, status=response.status, finished=True)
        self._charge(number, builder, response, fault, provider=GOOGLE, tier="batch")
        return response

    def _charge(
        self,
        number: int,
        builder: ResponseBuilder,
        response: Response,
        fault: Fault,
        *,
        provider: str,
        tier: str,
    ) -> None:
        """Bill the request, if this response is one that is billed."""
        if not is_billed(fault, response.status):
            return
        request, is_answered = builder.request, response.status < 300
        usage = response.usage or builder.usage([{"inlineData": None}])
        self.account.add(
            number=number,
            provider=provider,
            model=request.name,
            size=request.image_size,
            usage=usage,
            pictures=response.pictures if is_answered else 0,
            tier=tier,
            response_id=builder.closing([])["responseId"] if is_answered else None,
        )

    def _may_gzip(self, headers: Message[str, str]) -> bool:
        return self.options.gzip and "gzip" in headers.get("Accept-Encoding", "")

    def _remember(self, number: int, request: GenerateRequest) -> None:
        self.log.note(
            number,
            instruction=request.instruction,
            aspect_ratio=request.aspect_ratio,
            image_size=request.image_size,
            modalities=request.modalities,
            images=request.images,
            turns=request.turns,
        )
        if self.options.keep_images:
            self.images[number] = request.data

    def _build(self, builder: ResponseBuilder, fault: Fault, *, gzip: bool) -> Response:
        def build() -> Response:
            response = fault.kind.build(builder, fault.argument)
            if not gzip or not response.may_gzip:
                return response
            body = tuple(compress(response.body))
            return dataclasses.replace(response, body=body, encoding="gzip")

        digest = builder.request.digest
        key = (digest, str(fault), builder.drift, builder.stream, gzip)
        return self._replies.get(key, build)

    # --- what costs nothing -------------------------------------------------

    def answer_free(
        self, call: Call, headers: Message[str, str], body: bytes
    ) -> Response:
        """Return the response to a call that makes no picture.

        The next entry of the fault list, if it is an error, comes here too; it is
        left for the next edit.  `Refusal` when the contract does not allow it.
        """
        self.log.note(call.number, **key_facts(call.query, headers))
        fault = self.faults.peek()
        if fault.kind in ERRORS.kinds:
            request = GenerateRequest(call.model, EmulatedModel())
            return fault.kind.build(ResponseBuilder(request), fault.argument)
        if call.method == "models.list":
            document = catalog.list_models(call.query)
        elif call.method == "models.get":
            document = catalog.get_model(call.model, call.version)
        else:
            document = catalog.count_tokens(body, call.model, call.version)
        return Response(200, write_json(document))


def provider_of(headers: Message[str, str]) -> str:
    """Return who is emulated: a gateway takes its key as Authorization."""
    return GOOGLE if headers.get("x-goog-api-key") else GATEWAY


def served_tier(request: GenerateRequest, fault: Fault) -> str:
    """Return the tier that serves a request."""
    return "standard" if fault.kind.name == "downgrade" else request.tier


def is_billed(fault: Fault, status: int) -> bool:
    """Whether a request that ended so is billed: the picture was made."""
    return 200 <= status < 300 or fault.kind.name in LOST


def key_facts(query: str, headers: Message[str, str]) -> dict[str, str]:
    """Return which header brought the key, and the key's hash.

    `Refusal`: 403 without a key, 401 for an Authorization that is no Bearer, and
    400 for a key in the URL, where proxies and logs would keep it.
    """
    if "key" in parse_qs(query, keep_blank_values=True):
        raise invalid("Send the key in a header, never in the URL.")
    for name in ("x-goog-api-key", "authorization"):
        value = headers.get(name, "").strip()
        if not value:
            continue
        if name == "authorization" and not value.lower().startswith("bearer "):
            raise refuse(401, "Request had invalid authentication credentials.")
        return {"key_header": name, "key_sha256": hash_key(strip_scheme(value))}
    raise refuse(
        403,
        "Method doesn't allow unregistered callers (callers without established"
        " identity). Please use API Key or other form of API consumer identity to"
        " call this API.",
    )


@dataclass(slots=True)
class _CacheSlot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    response: Response | None = None
    size: int = 0


class _ReplyCache:
    """Replies by what was asked; each is built once, by whoever asks first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: OrderedDict[_CacheKey, _CacheSlot] = OrderedDict()

    def get(self, key: _CacheKey, build: Callable[[], Response]) -> Response:
        """Return the reply of this key, built if it is not there."""
        with self._lock:
            slot = self._slots.setdefault(key, _CacheSlot())
            self._slots.move_to_end(key)
        with slot.lock:
            if slot.response is not None:
                return slot.response
            response = build()
            if response.status == 200 and isinstance(response.body, tuple):
                slot.response, slot.size = response, sum(map(len, response.body))
        self._trim()
        return response

    def _trim(self) -> None:
        with self._lock:
            size = sum(slot.size for slot in self._slots.values())
            while size > _KEPT:
                size -= self._slots.popitem(last=False)[1].size
