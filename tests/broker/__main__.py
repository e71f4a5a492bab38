"""Starts one Apache Kafka broker on this machine, for trying things out, until Ctrl-C.

examples:
  python -m tests.broker                          on 127.0.0.1:9092, with nothing kept
  python -m tests.broker --port 19092             on another port
  python -m tests.broker --data .cutstream/kafka  topics and records stay for the next time
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from tests.broker.broker import Broker
from tests.broker.installation import OLDEST_JAVA, BrokerFault, can_run_kafka, kafka_version
from tests.broker.ports import is_free


def main() -> int:
    """Run a broker; 0 after Ctrl-C or SIGTERM, 1 with a sentence when it cannot run."""
    arguments = _arguments()
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        if not can_run_kafka():
            raise BrokerFault(f"A broker needs Java {OLDEST_JAVA}+ and Maven on the path.")
        if not is_free(arguments.port):
            raise BrokerFault(f"--port must be free, but {arguments.port} is in use.")
        with TemporaryDirectory(prefix="cutstream-kafka-") as temporary:
            _serve(Path(arguments.data or temporary), arguments.port, stop)
    except BrokerFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _serve(folder: Path, port: int, stop: Event) -> None:
    broker = Broker(folder, port=port)
    _say(f"Starting Kafka {kafka_version()} ...")
    try:
        broker.start()
        _say(f"kafka://{broker.address} is ready; Ctrl-C stops it.")
        while not stop.wait(0.5):
            if not broker.running:
                raise BrokerFault(f"The broker has ended; see {broker.log}.")
    finally:
        broker.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.broker",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=9092, help="port on 127.0.0.1 (default: 9092)")
    parser.add_argument("--data", metavar="DIR", help="keep the broker's data here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
