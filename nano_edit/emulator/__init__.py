"""A server on loopback that speaks the service's contract, with no key and no cost.

It edits real pictures with Pillow, answers as the service does down to its
oddities, and fails on demand.  It imports nothing of the program it serves, so
that one mistake cannot pass on both sides.

>>> from nano_edit.emulator import Emulator
>>> with Emulator(faults="429:2,ok") as emulator:
...     emulator.url
'http://127.0.0.1:…'
"""

from __future__ import annotations

from nano_edit.emulator.faults.kind import FaultListError
from nano_edit.emulator.log import LogEntry
from nano_edit.emulator.received import ReceivedImage
from nano_edit.emulator.server import Emulator

__all__ = ["Emulator", "FaultListError", "LogEntry", "ReceivedImage"]
