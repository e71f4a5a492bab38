"""What can be wrong with a demo.

models.errors.CutstreamError
└── DemoError   it cannot be played here, or with these files
"""

from __future__ import annotations

from models.errors import CutstreamError


class DemoError(CutstreamError):
    """The demo cannot be played here, or with these files."""
