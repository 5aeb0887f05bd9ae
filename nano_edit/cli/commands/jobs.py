"""``jobs list``, ``cancel`` and ``rm``: the jobs at the service, seen from there.

Rules:
- Only jobs with a name of ours are listed or removed by ``--all``.
- A job that has not ended is not removed: it would be paid for and lost.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nano_edit.cli.commands.asking import confirmed
from nano_edit.cli.config.keys import find_key
from nano_edit.cli.config.settings import DEFAULT
from nano_edit.cli.json_line import json_line
from nano_edit.engine.batch.submissions import PREFIX
from nano_edit.errors import InputError, NanoEditError, UsageError
from nano_edit.wire.credentials import NoKeyError
from nano_edit.wire.http.batch_api import BatchApi
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import Service, needs_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import ApiKey
    from nano_edit.wire.gemini.batch_jobs import RemoteJob
    from nano_edit.wire.providers import Provider

HEADINGS = ("JOB", "STATE", "EDITS", "MADE", "FAILED", "MODEL", "CREATED")


def list_jobs(settings: Settings, terminal: Terminal) -> None:
    """Print the jobs of ours that the service knows."""
    with _api(settings, terminal) as api:
        jobs = [job for job in api.jobs() if is_ours(job)]
    if settings.options.json:
        for job in jobs:
            terminal.result(json_line(job_record(job)))
        return
    if not jobs:
        terminal.say("There are no jobs.")
        return
    rows = [HEADINGS, *(_row(job) for job in jobs)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        terminal.result("  ".join(cells).rstrip())


def cancel_jobs(settings: Settings, terminal: Terminal) -> None:
    """Cancel the jobs that are named."""
    if not settings.options.job_names:
        raise UsageError("Which jobs?", hint="Name some; nano-edit jobs list has them.")
    with _api(settings, terminal) as api:
        for job in _named(settings, api):
            if job.state.has_ended:
                terminal.say(f"{job.name} has ended already: {job.state}.")
                continue
            api.cancel(job.name)
            terminal.say(
                f"{job.name} is cancelled. The command that submitted it tells what "
                "was made by then."
            )


def remove_jobs(settings: Settings, terminal: Terminal) -> None:
    """Remove the jobs that are named, or all that have ended, with their files."""
    options = settings.options
    if not options.job_names and not options.everything:
        raise UsageError("Which jobs?", hint="Name some, or say --all.")
    with _api(settings, terminal) as api:
        if options.everything:
            ours = (job for job in api.jobs() if is_ours(job))
            jobs = [job for job in ours if job.state.has_ended]
        else:
            jobs = _named(settings, api)
        _check_ended(jobs)
        if not jobs:
            terminal.say("There are no jobs that have ended.")
            return
        names = ", ".join(job.name for job in jobs)
        question = f"Remove {names}? What was not fetched is lost, though paid for."
        if not options.yes and not confirmed(question, terminal):
            terminal.say("Nothing was removed.")
            return
        for job in jobs:
            _remove(api, job)
            terminal.say(f"{job.name} is removed.")


def is_ours(job: RemoteJob) -> bool:
    """Whether this program made the job."""
    return job.display_name.startswith(PREFIX)


def job_record(job: RemoteJob) -> dict[str, Any]:
    """Return what is known of a job, as JSON holds it."""
    return {
        "job": job.name,
        "state": str(job.state),
        "edits": job.total,
        "made": job.succeeded,
        "failed": job.failed,
        "model": job.model,
        "created": job.created,
        "key": job.display_name,
    }


def _row(job: RemoteJob) -> tuple[str, ...]:
    return (
        job.name,
        str(job.state),
        *(str(count) for count in (job.total, job.succeeded, job.failed)),
        job.model,
        job.created[:16].replace("T", " "),
    )


def _named(settings: Settings, api: BatchApi) -> list[RemoteJob]:
    found = []
    for word in settings.options.job_names or ():
        name = word if word.startswith("batches/") else f"batches/{word}"
        job = api.job(name) if name.removeprefix("batches/").isalnum() else None
        if job is None:
            raise InputError(
                f"The service knows no job {word}.", hint="nano-edit jobs list"
            )
        found.append(job)
    return found


def _check_ended(jobs: list[RemoteJob]) -> None:
    running = [job.name for job in jobs if not job.state.has_ended]
    if running:
        raise UsageError(
            f"{running[0]} is under way.", hint=f"nano-edit jobs cancel {running[0]}"
        )


def _remove(api: BatchApi, job: RemoteJob) -> None:
    api.delete(job.name)
    for file in (job.source, job.results):
        try:
            if file:
                api.delete(file)
        except NanoEditError:
            if file != job.results:  # the service may keep those to itself
                raise


@contextmanager
def _api(settings: Settings, terminal: Terminal) -> Iterator[BatchApi]:
    options = settings.options
    provider = PROVIDERS["google"]
    if settings.origins["provider"] != DEFAULT:
        provider = PROVIDERS[options.provider]
    if not provider.has_batches:
        raise UsageError(
            f"The provider {provider.name} makes no deferred edits.",
            hint="Use --provider google.",
        )
    url = options.base_url or provider.base_url
    key = _key(settings, provider, url, terminal)
    service = Service(
        provider, url, key, timeout=60.0, connect_timeout=options.connect_timeout
    )
    with BatchApi(service) as api:
        yield api


def _key(
    settings: Settings, provider: Provider, url: str, terminal: Terminal
) -> ApiKey | None:
    try:
        found = find_key(settings.options, provider, terminal.environ)
    except NoKeyError:
        if needs_key(url):
            raise
        return None
    for warning in found.warnings:
        terminal.say(warning)
    return found.key
