"""CSV, JSON Lines and Parquet files into topics, going on where the last run left off."""

from stream.replay.files import EventFile, open_file
from stream.replay.replay import Progress, Replay, replay

__all__ = ["EventFile", "Progress", "Replay", "open_file", "replay"]
