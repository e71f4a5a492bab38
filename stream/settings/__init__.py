"""The configuration: a YAML file, validated at start into frozen values."""

from stream.settings.detector import DetectorSettings
from stream.settings.load import detector_config, load, loads
from stream.settings.root import Settings

__all__ = ["DetectorSettings", "Settings", "detector_config", "load", "loads"]
