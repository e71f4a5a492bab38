"""A bank of detectors, as a configuration asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.detector.bank import DetectorBank
from models.detector.config import DetectorConfig

if TYPE_CHECKING:
    from models.detector.mixture.bank import MixedBank


def open_bank(config: DetectorConfig) -> DetectorBank | MixedBank:
    """An empty bank: of forests alone, or with models of River, which are imported only then."""
    if not config.river_models:
        return DetectorBank(config)
    from models.detector.mixture.bank import MixedBank

    return MixedBank(config)
