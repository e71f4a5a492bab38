"""Dead letters once they are written: found, filtered, and sent back where they came from."""

from stream.dead_letters.letters import Filter, Letter, letter_at, newest_letters, oldest_letters
from stream.dead_letters.replay import Progress, Replay, marks_topic, replay
from stream.dead_letters.topics import dead_letter_topic, dead_letter_topics

__all__ = [
    "Filter",
    "Letter",
    "Progress",
    "Replay",
    "dead_letter_topic",
    "dead_letter_topics",
    "letter_at",
    "marks_topic",
    "newest_letters",
    "oldest_letters",
    "replay",
]
