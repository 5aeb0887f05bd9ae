"""`Editor`: one service, key, retry policy, rate gate, cache and observer.

Made once, used for many edits, closed::

    with Editor(provider="google") as editor:
        result = editor.edit(Edit("blur the background", "in.jpg", "out.jpg"))

Rules:
- The key is looked up, and the connection made ready, when something is to be sent.
- Of the environment it reads the key (``NANO_EDIT_API_KEY``, then the provider's
  own variables), ``NANO_EDIT_BASE_URL`` when no URL is given, ``NANO_EDIT_HISTORY``,
  ``NANO_EDIT_LEDGER`` and ``CI``, and what `wire` reads (proxies, CA); no
  configuration file, no keyring, nothing in this folder.
- It prints nothing and handles no signal; ``observe`` hears what goes on.
- Any number of threads may edit with one `Editor` at the same time.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nano_edit.domain import ApiKey, Note, Preparing, shown_source
from nano_edit.engine.attempt import Dependencies
from nano_edit.engine.disk_space import DiskSpace
from nano_edit.engine.edit import remembered, send
from nano_edit.engine.history.store import (
    HISTORY_BYTES,
    History,
    history_folder,
    is_wanted,
)
from nano_edit.engine.money.billing import Billing, budget_of, own_ledger
from nano_edit.engine.prepare import Pipes, check_edit, prepare, timeout_for
from nano_edit.engine.rate_gate import RateGate
from nano_edit.engine.replies.cache import Cache
from nano_edit.engine.replies.spool import state_folder
from nano_edit.engine.retry import RetryPolicy
from nano_edit.errors import UsageError
from nano_edit.pictures.inputs.workspace import Workspace
from nano_edit.wire.credentials import checked_key, key_in_environment, no_key
from nano_edit.wire.http.tls import TlsContext
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import Service, needs_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nano_edit.domain import (
        Edit,
        EditEvent,
        EditResult,
        Observe,
        Prepared,
        WrittenImage,
    )
    from nano_edit.engine.receive import Placing
    from nano_edit.wire.http.client import Client
    from nano_edit.wire.prices import OwnPrices
    from nano_edit.wire.providers import Provider

    Finish = Callable[[Prepared, Workspace, Callable[[str], None]], Prepared]
    KeySource = str | ApiKey | Callable[[], ApiKey | None] | None

CACHE_BYTES = 2_048_000_000  # most that a cache folder keeps
REPLY_BYTES = 512_000_000  # most of one reply, after decompression


class Editor:
    """Edits pictures with one service.

    provider: "apiyi" or "google".
    base_url: another host that speaks the same API, such as the emulator's
        `nano_edit.emulator.Emulator.url`; None: ``NANO_EDIT_BASE_URL``, then the
        provider's own.
    api_key: the key, or a function that finds it when it is needed; None:
        ``NANO_EDIT_API_KEY``, then the provider's variables.
    timeout: seconds for one whole attempt; None: 300, 600 at 4K, 900 with flex.
    connect_timeout: seconds for the connection.
    max_reply: bytes, the largest reply after decompression.
    retries: further attempts where nothing was billed.
    max_wait: seconds, the longest wait between two attempts.
    retry_unknown: also try again where the lost attempt may have been billed.
    rpm: requests a minute at most, over all threads.
    prices: dollars by provider and model, in the place of the table's: a number for
        any size, or numbers by size.
    budget: dollars that all edits together may cost; a request that could bring them
        above is a BudgetError and not sent.  What may have been billed counts.
    monthly_budget: likewise, with all that the user's ledger says of this month.
    cache: a folder in which replies are kept, so that the same edit is paid for
        once; None: no cache.  ``cache_bytes``: the most that is kept there.
    observe: is called with each event of an edit (`nano_edit.domain.EditEvent`), in
        the thread that edits.
    digest: whether results carry their SHA-256.
    emulated: the service is an emulator: its results do not count as the service's,
        and are not cached.
    history: whether finished edits are noted in the state folder, with their replies,
        so that one can go on from them; None: unless ``NANO_EDIT_HISTORY`` is 0 or
        ``CI`` is true.  ``history_bytes``: the most that the replies take.
    pipes: the streams that ``-`` stands for; without, ``-`` is refused.
    """

    def __init__(
        self,
        *,
        provider: str = "apiyi",
        base_url: str | None = None,
        api_key: KeySource = None,
        timeout: float | None = None,
        connect_timeout: float = 10.0,
        max_reply: int = REPLY_BYTES,
        retries: int = 3,
        max_wait: float = 120.0,
        retry_unknown: bool = False,
        rpm: int | None = None,
        prices: OwnPrices | None = None,
        budget: float | None = None,
        monthly_budget: float | None = None,
        cache: str | os.PathLike[str] | None = None,
        cache_bytes: int = CACHE_BYTES,
        observe: Observe | None = None,
        digest: bool = True,
        emulated: bool = False,
        history: bool | None = None,
        history_bytes: int = HISTORY_BYTES,
        pipes: Pipes | None = None,
    ) -> None:
        self.provider = _provider(provider)
        self.base_url = (
            base_url or os.environ.get("NANO_EDIT_BASE_URL") or self.provider.base_url
        )
        self._gate = RateGate(rpm=rpm)
        self._space = DiskSpace()
        self.pipes = pipes or Pipes()
        self._api_key = api_key
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._max_reply = max_reply
        self.policy = RetryPolicy(retries, max_wait, retry_unknown)
        self.emulated = emulated
        self._budget = budget_of(budget, monthly_budget)
        self.billing = Billing(
            self.provider,
            prices=prices,
            budget=self._budget,
            ledger=own_ledger(),
            emulated=emulated,
        )
        self._cache = None
        if cache is not None and not emulated:
            self._cache = Cache(Path(cache), cache_bytes)
        wanted = is_wanted(os.environ) if history is None else history
        self.history = History(history_folder(), history_bytes) if wanted else None
        self._observe = safe(observe)
        self._digest = digest
        self._lock = threading.Lock()
        self._tls: TlsContext | None = None
        self._client: Client | None = None

    @property
    def place(self) -> str:
        """Where it sends to, as the history names it."""
        return "emulator" if self.emulated else shown_source(self.base_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next edit opens another one."""
        with self._lock:
            client, self._client, self._tls = self._client, None, None
        if client is not None:
            client.close()

    def allow(self, most: int | None = None) -> None:
        """Let at most ``most`` attempts be under way at once; None: no limit."""
        self._gate.allow(most)
        self._space.allow()
        self._budget.allow()

    def drain(self) -> None:
        """Begin no attempt any more; what is under way goes on."""
        self._gate.stop()
        self._space.stop()
        self._budget.stop()

    def stop(self) -> None:
        """End every edit that is under way too."""
        self.drain()
        with self._lock:
            client = self._client
        if client is not None:
            client.stop()

    def warm_up(self) -> None:
        """Begin now, in the background, what the first request will need."""
        with self._lock:
            if self._tls is None:
                self._tls = TlsContext(self.base_url)

    def open(self) -> None:
        """Find the key and make the connection ready, which `edit` does by itself.

        Raises AuthError when there is no key.
        """
        self._connected()

    def sends_key(self) -> bool:
        """Whether a key goes along; a service on this machine may need none."""
        return self._connected().has_key

    def check(self, edit: Edit) -> None:
        """Raise UsageError for what the edit's words alone show to be impossible."""
        check_edit(edit, self.provider, self.base_url)

    def edit(
        self,
        edit: Edit,
        observe: Observe | None = None,
        placing: Placing | None = None,
    ) -> EditResult:
        """Make one edit and write its result; see `nano_edit.edit` for what it raises.

        A whole reply to the very same edit that an earlier run paid for and kept is
        used, and not asked for again.  ``observe`` hears this edit's events in the
        place of the editor's own; ``placing`` is told of the picture just before it
        is put in its place.
        """
        with self.prepare(edit, observe) as prepared:
            return self.send(prepared, observe, placing)

    @contextmanager
    def prepare(
        self,
        edit: Edit,
        observe: Observe | None = None,
        *,
        prove: bool = True,
        shared: Workspace | None = None,
        finish: Finish | None = None,
    ) -> Iterator[Prepared]:
        """Check the edit and make its pictures ready; nothing is sent.

        The request lasts as long as the ``with`` block, or as the ``shared``
        workspace.  Without ``prove`` the output's folder may still be missing.
        ``finish`` is a last step: it may put earlier turns before the request, and
        tell a sentence.  Raises UsageError or InputError.
        """
        hear = safe(observe) if observe else self._observe
        hear(Preparing())
        told: list[str] = []  # of a picture that may not be sent

        def note(text: str) -> None:
            hear(Note(text))

        with nullcontext(shared) if shared else Workspace() as workspace:
            prepared = prepare(
                edit,
                self.provider,
                self.base_url,
                workspace=workspace,
                pipes=self.pipes,
                note=told.append if finish else note,
                go_on=self._gate.check,
                prove=prove,
            )
            if finish:
                prepared = finish(prepared, workspace, note)
                for text in told if prepared.request.new_images else ():
                    note(text)
            hear(prepared)
            yield prepared

    def send(
        self,
        prepared: Prepared,
        observe: Observe | None = None,
        placing: Placing | None = None,
        *,
        client: Client | None = None,
        billing: Billing | None = None,
    ) -> EditResult:
        """Send what was prepared and put the result in its place.

        ``client`` answers in the place of the service, and ``billing`` counts it.
        """
        dependencies = self._dependencies(
            prepared, observe, placing, client or self._connected()
        )
        if billing is not None:
            dependencies = replace(dependencies, billing=billing)
        return replace(send(prepared, dependencies), go_on=self.again)

    def again(
        self,
        instruction: str,
        picture: str | os.PathLike[str] | None = None,
        output: str | os.PathLike[str] | None = None,
        **more: Any,
    ) -> EditResult:
        """Go on from an edit: the model sees what was said before.

        It goes on from ``picture``, which is found by its bytes, or from the last edit
        in the current folder.  ``more``: ``images`` are sent besides, ``whole`` keeps
        no region, ``from_original`` edits the first picture with all instructions so
        far; else they are fields of `Edit`.  Raises what `edit` does.
        """
        from nano_edit.engine.again import again  # noqa: PLC0415 - few edits go on

        name, path = (os.fspath(each) if each else None for each in (picture, output))
        return again(self, name, instruction, path, **more)

    def remembered(
        self,
        prepared: Prepared,
        observe: Observe | None = None,
        placing: Placing | None = None,
    ) -> EditResult | None:
        """Make the edit of what the cache or an earlier run kept, if that is there."""
        client = self._connected()
        dependencies = self._dependencies(prepared, observe, placing, client)
        return remembered(prepared, dependencies)

    def _dependencies(
        self,
        prepared: Prepared,
        observe: Observe | None,
        placing: Placing | None,
        client: Client,
    ) -> Dependencies:
        return Dependencies(
            client=client,
            replies=state_folder(),
            gate=self._gate,
            observe=safe(observe) if observe else self._observe,
            billing=self.billing,
            provider=self.provider.name,
            policy=self.policy,
            cache=self._cache,
            timeout=self._timeout_of(prepared.edit.size, prepared.edit.tier),
            digest=self._digest,
            emulated=self.emulated,
            placing=placing or _ignore,
            space=self._space,
            history=self.history,
            service=self.place,
        )

    def service(
        self, key: ApiKey | None, size: str | None = None, tier: str | None = None
    ) -> Service:
        """Return the service as it is asked for an edit of ``size`` with ``key``."""
        return Service(
            provider=self.provider,
            base_url=self.base_url,
            key=key,
            timeout=self._timeout_of(size, tier),
            connect_timeout=self._connect_timeout,
            max_reply=self._max_reply,
        )

    def service_with_key(self) -> Service:
        """Return the service with its key; raises AuthError when there is none."""
        return self.service(self._key())

    def _timeout_of(self, size: str | None, tier: str | None) -> float:
        return self._timeout or timeout_for(size, tier)

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                key = self._key()
                from nano_edit.wire.http.client import Client  # noqa: PLC0415 - httpcore

                self._client = Client(self.service(key), self._tls)
            return self._client

    def _key(self) -> ApiKey | None:
        given = self._api_key
        if isinstance(given, str):
            return checked_key(given, "What was given as api_key")
        if isinstance(given, ApiKey):
            return given
        if given is not None:
            return given()
        found = key_in_environment(os.environ, self.provider)
        if found is None:
            if not needs_key(self.base_url):
                return None
            raise no_key(self.provider)
        return found[0]


def _provider(name: str) -> Provider:
    if name not in PROVIDERS:
        raise UsageError(
            f"There is no provider {name!r}.",
            hint=f"There are: {', '.join(PROVIDERS)}.",
        )
    return PROVIDERS[name]


def _ignore(image: WrittenImage) -> None:
    del image


def safe(observe: Observe | None) -> Observe:
    """Return an observer that never raises: what is paid for goes on regardless."""

    def hear(event: EditEvent) -> None:
        if observe is None:
            return
        try:
            observe(event)
        except Exception:
            import logging  # noqa: PLC0415 - seldom needed

            logging.getLogger("nano_edit").exception("An observer raised an error.")

    return hear
