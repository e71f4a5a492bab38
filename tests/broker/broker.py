"""One Kafka broker as a process of its own."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, NamedTuple
from uuid import uuid4

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

from tests.broker.installation import BrokerFault, find_java, jars
from tests.broker.listeners import Listener, listener_properties
from tests.broker.ports import HOST, free_port

HEAP = ("-Xms256m", "-Xmx512m")
# Brokers of tests live for seconds: a quick start counts for more than the last bit of speed.
JAVA_OPTIONS = (*HEAP, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
JAVA_OPTIONS_LOG = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)
SETTINGS = {
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "group.min.session.timeout.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    # A broker that was killed may come back only when its last life counts as dead: 9 s otherwise.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "400",
    "auto.create.topics.enable": "false",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "200",
    "log.retention.check.interval.ms": "1000",
    "log.cleaner.backoff.ms": "500",
    "log.segment.delete.delay.ms": "500",
    "log.cleaner.dedupe.buffer.size": "16777216",
}


class Quorum(NamedTuple):
    """The brokers of one cluster, each of which is a controller too."""

    cluster_id: str
    voters: dict[int, int]
    """Node -> its port as a controller."""


class Broker:
    """A broker on 127.0.0.1, with its storage in `folder`.

    folder: made if missing; what it holds outlives the broker.
    port: where it listens in the clear; None takes a free one.
    listeners: further listeners, with TLS and SASL.
    settings: lines of server.properties, over those of SETTINGS.
    quorum, node: its place in a cluster; None is a cluster of one.

    Raises BrokerFault where Java is missing, and from `start` with the end of its log.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        listeners: Sequence[Listener] = (),
        settings: Mapping[str, str] | None = None,
        quorum: Quorum | None = None,
        node: int = 1,
    ) -> None:
        self.port = port or free_port()
        self.node = node
        self.log = folder / "broker.log"
        self._folder = folder
        self._listeners = listeners
        self._settings = settings or {}
        self._quorum = quorum or Quorum(uuid4().hex[:22], {node: free_port()})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """host:port of the listener in the clear."""
        return f"{HOST}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, seconds: float = 60.0, *, wait: bool = True) -> None:
        """Start it, again if it was stopped; with `wait`, return once it answers."""
        properties = self._format()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                _java("kafka.Kafka", str(properties)),
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal is for the tests, which end the broker in good order.
                start_new_session=True,
            )
        if wait:
            self.wait_until_ready(seconds)

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Return once it tells clients about itself. Raises BrokerFault."""
        pause, end = Event(), monotonic() + seconds
        while (found := self.metadata()) is None or self.node not in found.brokers:
            if not self.running:
                raise BrokerFault(f"The broker must keep running, but it ended:\n{self._told()}")
            if monotonic() > end:
                raise BrokerFault(f"No answer by {self.address} in {seconds:g} s:\n{self._told()}")
            pause.wait(0.1)

    def metadata(self) -> ClusterMetadata | None:
        """What it tells clients about the cluster, or None if it does not answer."""
        admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        try:
            return admin.list_topics(timeout=1.0)
        except KafkaException:
            return None

    def stop(self, seconds: float = 20.0) -> None:
        """End it in good order, or by SIGKILL if that takes longer than `seconds`."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def restart(self, seconds: float = 60.0) -> None:
        """Stop it and start it on the same port and data."""
        self.stop()
        self.start(seconds)

    def _format(self) -> Path:
        """Write the configuration, and the storage's first records unless they are there."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "server.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in self._properties().items()))
        command = ["format", "--ignore-formatted", "--config", str(path)]
        if not (self._folder / "data" / "meta.properties").exists():
            made = subprocess.run(
                _java("kafka.tools.StorageTool", *command, "--cluster-id", self._quorum.cluster_id),
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode != 0:
                raise BrokerFault(f"The storage must be formatted, got:\n{made.stderr[-4000:]}")
        return path

    def _properties(self) -> dict[str, str]:
        voters = self._quorum.voters
        copies = str(len(voters))
        return {
            "process.roles": "broker,controller",
            "node.id": str(self.node),
            "controller.quorum.voters": ",".join(f"{n}@{HOST}:{p}" for n, p in voters.items()),
            "log.dirs": str(self._folder.absolute() / "data"),
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": "2" if len(voters) > 2 else "1",
            **SETTINGS,
            **listener_properties(self.port, voters[self.node], self._listeners),
            **self._settings,
        }

    def _told(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


@contextmanager
def started(folder: Path, **options: Any) -> Iterator[Broker]:
    """A broker while it is needed, with the keywords of Broker."""
    broker = Broker(folder, **options)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


def _java(main: str, *arguments: str) -> list[str]:
    java = find_java()
    if java is None:
        raise BrokerFault("A broker needs Java 17 or newer.")
    # A broker does not outlive tests that were killed, where the system can see to that.
    setpriv = shutil.which("setpriv")
    tied = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    options = (*JAVA_OPTIONS, *JAVA_OPTIONS_LOG)
    return [*tied, java, *options, "-cp", f"{jars()}/*", main, *arguments]
