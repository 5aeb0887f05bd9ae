"""``python -m nano_edit`` and the ``nano-edit`` script."""

from __future__ import annotations

from nano_edit.cli.app import main

if __name__ == "__main__":
    main()
