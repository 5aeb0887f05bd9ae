"""``--dry-run``: everything is checked and shown, nothing is sent.

The data of the pictures is left out of the JSON; in its place stand type,
pixels, bytes and SHA-256, by which two runs can be compared.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from nano_edit.cli.config.service import base_url_of, provider_of, timeout_of
from nano_edit.domain import ApiKey
from nano_edit.units import size_text
from nano_edit.wire.gemini.request import RequestBody, read_content, request_json
from nano_edit.wire.service import Service, endpoint

if TYPE_CHECKING:
    from nano_edit.cli.commands.job import Job
    from nano_edit.cli.options import Options
    from nano_edit.domain import Destination, ImageInput

MASK = "****"


def dry_run_record(job: Job, options: Options) -> dict[str, Any]:
    """Return what would be sent, as JSON data; no key is looked up."""
    service = Service(
        provider_of(options), base_url_of(options), ApiKey(MASK), timeout_of(options)
    )
    length = RequestBody(job.request).content_length
    return {
        "ok": True,
        "dry_run": True,
        "method": "POST",
        "url": endpoint(service.base_url, job.request.model),
        "headers": service.headers(length),
        "body": request_json(
            job.request, [_elided(image) for image in job.request.images]
        ),
        "content_length": length,
        "output": output_of(job.destination),
        "emulated": options.emulate,
    }


def output_of(destination: Destination) -> str:
    """Return the output's path as far as it is known before the picture is."""
    if destination.stream is not None:
        return "-"
    return str(destination.folder / destination.name)


def _elided(image: ImageInput) -> dict[str, Any]:
    digest = hashlib.sha256()
    for block in read_content(image):
        digest.update(block)
    return {
        "source": image.source,
        "mime_type": image.mime_type,
        "width": image.width,
        "height": image.height,
        "bytes": image.size,
        "sha256": digest.hexdigest(),
    }


def dry_run_text(record: dict[str, Any]) -> str:
    """Return the same for a person."""
    import json  # noqa: PLC0415

    headers = "\n".join(f"{name}: {value}" for name, value in record["headers"].items())
    body = json.dumps(record["body"], ensure_ascii=False, indent=2)
    emulated = " (--emulate: to the emulator instead)" if record["emulated"] else ""
    return (
        f"POST {record['url']}{emulated}\n{headers}\n\n{body}\n\n"
        f"{size_text(record['content_length'])} in all would be sent; nothing was. "
        f"The picture would go to {record['output']}."
    )
