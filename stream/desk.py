"""The desk, a Faust application: which alerts are open, and what was recommended to whom last.

    faust -A stream.desk worker -l info

It reads the alert and recommendation topics, keeps a table of each with its history in a changelog
topic, and answers over HTTP. stream.tables says how a row changes; stream.settings.desk names the
environment variables that configure it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from time import time
from typing import Any, cast

import faust
from aiokafka import AIOKafkaConsumer
from faust import web
from faust.auth import Credentials, OAuthCredentials, SASLCredentials, SSLCredentials
from faust.sensors.prometheus import setup_prometheus_sensors
from faust.streams import Stream
from faust.tables.manager import TableManager
from faust.transport.drivers.aiokafka import (
    AIOKafkaConsumerThread,
    Consumer,
    Producer,
    Transport,
)
from faust.types import TP, AgentT, EventT, StreamT
from prometheus_client import CollectorRegistry, Counter, Gauge
from yarl import URL

from models.errors import InvalidParameter
from stream.access.bearer import bearer_token
from stream.access.tokens import AsyncTokens
from stream.cli.console import reported_errors
from stream.codec.formats.rereading import PublishedView
from stream.codec.json_text import Undecodable
from stream.records import Record
from stream.registry import SchemaRegistry
from stream.settings.desk import DeskSettings, desk_settings
from stream.tables import Episodes, Ledger, partition_of
from stream.tables.views import alert_view, recommendation_view, selected
from stream.transports.kafka.certificates import checked_context

MOST_AT_ONCE = 100
"""Records that are taken together."""
WAIT_SECONDS = 0.2
"""How long to wait for more of them."""
TICK_SECONDS = 5.0
"""How often time is let pass over the rows."""


class _CommittedThread(AIOKafkaConsumerThread):
    """Faust's consumer, of committed records alone.

    Faust reads uncommitted ones unless it is to write exactly once, and has no setting for it: the
    desk would show alerts of transactions that were aborted.
    """

    def _create_worker_consumer(self, transport: Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go back to where reading has to begin behind a rebalance.

        Faust leaves a partition that nothing was committed of where it is, although records that
        came during the rebalance have been dropped.
        """
        committed = await super().seek_to_committed()
        changelogs = self.app.tables.changelog_topics
        fresh = [tp for tp, at in committed.items() if not at and tp.topic not in changelogs]
        if fresh:
            await self.seek_to_beginning(*fresh)
        return committed


class _CommittedConsumer(Consumer):
    """Commits what has been acknowledged across the gaps that transactions leave in the offsets."""

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        # Faust takes the record behind a gap for a part of it. Acknowledged, it then counts twice,
        # and each commit ends there: with a transaction a second, commits fall behind for ever.
        await super()._add_gap(tp, offset_from, offset_to - 1)


class _CommittedTransport(Transport):
    Consumer = _CommittedConsumer


class _SourceTopic(faust.Topic):
    """A topic that others create, with the partitions and the retention that they want."""

    async def declare(self) -> None:
        """Leave it as it is."""


class _RowTable(faust.Table[str, Any]):
    """A table for one source topic. Its changelog has as many partitions, or Faust would refuse it.

    So topics of different numbers of partitions cannot share one.
    """

    def __init__(self, app: faust.App, name: str, source: str) -> None:
        super().__init__(app, name=name, key_type=str)
        self.source = source

    async def on_start(self) -> None:
        """Call when the table starts; waits while its source topic is not there yet."""
        producer = cast(Producer, await self.app.maybe_start_producer())
        partitions = await producer._ensure_producer().partitions_for(self.source)
        self.changelog_topic.partitions = len(partitions)
        await super().on_start()

    def partition_for_key(self, key: str) -> int:
        """The partition that the row belongs to, also for changes that no record brings."""
        return partition_of(key)


class Desk:
    """The application: an agent and a table for each topic, a timer, pages, metrics."""

    def __init__(self, settings: DeskSettings) -> None:
        self.app = _new_app(settings)
        registry = CollectorRegistry()
        setup_prometheus_sensors(self.app, registry=registry, name_prefix="cutstream_desk_faust")
        self._records = Counter(
            "cutstream_desk_records_total",
            "Records read: taken, repeated (known already), or unreadable (passed over).",
            ("topic", "outcome"),
            registry=registry,
        )
        self._open_alerts = Gauge(
            "cutstream_desk_open_alerts", "Open alerts.", ("severity",), registry=registry
        )
        self.ledger = Ledger(
            alerts={topic: self._table(topic) for topic in settings.alert_topics},
            recommendations={topic: self._table(topic) for topic in settings.recommendation_topics},
            episodes=Episodes(settings.desk_quiet * 1_000, settings.desk_keep * 1_000),
            keep_recommendations=settings.desk_keep_recommendations * 1_000,
            alert_json=_alert_json(settings),
            owns=lambda tp: TP(*tp) in self.app.consumer.assignment(),
        )
        self.agents = {
            topic: self._agent(topic)
            for topic in (*settings.alert_topics, *settings.recommendation_topics)
        }
        self.app.timer(interval=TICK_SECONDS, name="pass-time")(self.pass_time)
        _add_pages(self)

    def is_ready(self) -> bool:
        """Whether the tables are as the changelogs have them."""
        recovery = cast(TableManager, self.app.tables).recovery
        restored = recovery.completed.is_set() and not recovery.in_recovery
        return restored and not self.app.rebalancing

    async def pass_time(self) -> None:
        """Let time pass over the rows."""
        if self.is_ready():
            for severity, count in self.ledger.pass_time(_now()).items():
                self._open_alerts.labels(severity).set(count)

    def _table(self, topic: str) -> _RowTable:
        table = _RowTable(self.app, topic, topic)
        self.app.tables.add(table)
        return table

    def _agent(self, topic: str) -> AgentT[Any]:
        # As bytes: a value that Faust itself cannot decode ends the stream without a word.
        source = _SourceTopic(
            self.app,
            topics=[topic],
            key_serializer="raw",
            value_serializer="raw",
            allow_empty=True,
        )

        async def follow(stream: StreamT[bytes]) -> None:
            try:
                batches = cast(Stream[bytes], stream).noack_take(MOST_AT_ONCE, within=WAIT_SECONDS)
                async for batch in batches:
                    # Declared as values, but events it is.
                    await self._take(stream, cast(Sequence[EventT[Any]], batch))
            except Exception as error:
                # Faust would go on behind the records that were not acknowledged.
                await self.app.crash(error)
                raise

        return self.app.agent(source, name=topic)(follow)

    async def _take(self, stream: StreamT[bytes], events: Sequence[EventT[Any]]) -> None:
        for event in events:
            outcome = self.ledger.take(_record(event), _now())
            self._records.labels(event.message.topic, outcome).inc()
        # Only now: what fails above is read again after a restart.
        for event in events:
            await stream.ack(event)


def _new_app(settings: DeskSettings) -> faust.App:
    token = settings.desk_token
    guards = [] if token is None else [bearer_token(token.get_secret_value())]
    session_timeout = settings.desk_session_timeout / 1_000
    app = faust.App(
        settings.desk_id,
        broker=[f"kafka://{server}" for server in settings.servers],
        broker_credentials=_credentials(settings),
        broker_session_timeout=session_timeout,
        broker_heartbeat_interval=min(3.0, session_timeout / 4),
        processing_guarantee="at_least_once",
        store="memory://",
        topic_replication_factor=settings.kafka.replication_factor or 1,
        topic_disable_leader=True,
        datadir=Path(gettempdir()) / settings.desk_id,
        web_bind="127.0.0.1",
        web_application_options={"middlewares": guards},
    )
    app.transport = _CommittedTransport([URL(f"kafka://{s}") for s in settings.servers], app)
    return app


def _alert_json(settings: DeskSettings) -> Callable[[bytes], bytes | Undecodable]:
    options = settings.registry
    return PublishedView("alert", None if options is None else SchemaRegistry(options)).json


def _credentials(settings: DeskSettings) -> Credentials | None:
    tls, sasl = settings.kafka.tls, settings.kafka.sasl
    context = None if tls is None else checked_context(tls)
    if sasl is None:
        return None if context is None else SSLCredentials(context)
    if sasl.mechanism == "OAUTHBEARER":
        return OAuthCredentials(oauth_cb=AsyncTokens(sasl), ssl_context=context)
    return SASLCredentials(
        username=sasl.username,
        password=sasl.password,
        mechanism=sasl.mechanism,
        ssl_context=context,
    )


def _add_pages(desk: Desk) -> None:
    page, ledger = desk.app.page, desk.ledger

    @page("/livez", name="livez")
    async def livez(view: web.View, _request: web.Request) -> web.Response:
        return view.json({"status": "ok"})

    @page("/readyz", name="readyz")
    async def readyz(view: web.View, _request: web.Request) -> web.Response:
        ready = desk.is_ready()
        status = "ok" if ready else "restoring"
        return view.json({"status": status}, status=200 if ready else 503)

    @page("/alerts/", name="alerts")
    async def alerts(view: web.View, request: web.Request) -> web.Response:
        shown = [alert_view(found.row) for found in ledger.alert_rows()]
        try:
            return view.json({"alerts": selected(shown, request.query)})
        except InvalidParameter as error:
            raise view.ValidationError(str(error)) from error

    @page("/alerts/{detector}/{entity}/", name="alert")
    async def alert(
        view: web.View, _request: web.Request, detector: str, entity: str
    ) -> web.Response:
        found = ledger.alert_of(detector, entity)
        if found is None:
            raise view.NotFound(_no_alert(detector, entity))
        return view.json(alert_view(found.row))

    @page("/alerts/{detector}/{entity}/acknowledge/", name="acknowledge")
    class Acknowledge(web.View):
        async def post(self, request: web.Request, detector: str, entity: str) -> web.Response:
            row = ledger.acknowledge(detector, entity, request.query.get("by"), _now())
            if row is None:
                raise self.NotFound(_no_alert(detector, entity))
            # What has been acknowledged stays so, also if this process ends now.
            await desk.app.producer.flush()
            return self.json(alert_view(row))

    @page("/recommendations/{user}/", name="recommendations")
    async def recommendations(view: web.View, _request: web.Request, user: str) -> web.Response:
        row = ledger.recommendation_of(user)
        if row is None:
            raise view.NotFound(f"There is no recommendation for the user {user!r}.")
        return view.json(recommendation_view(row))


def _no_alert(detector: str, entity: str) -> str:
    return f"There is no alert of the detector {detector!r} for the entity {entity!r}."


def _record(event: EventT[Any]) -> Record:
    found = event.message
    timestamp = round((found.timestamp or 0.0) * 1_000)
    return Record(found.topic, found.partition, found.offset, timestamp, found.key, found.value, ())


def _now() -> int:
    return int(time() * 1_000_000)


@cache
def _desk() -> Desk:
    return Desk(desk_settings())


def __getattr__(name: str) -> faust.App:
    """`app`, made from the environment where it is asked for: importing this module needs none."""
    if name == "app":
        with reported_errors():
            return _desk().app
    raise AttributeError(name)
