"""Every metric of the stream layer: the one place that names them.

Counters are named here as they are exposed, with `_total`. No metric has an entity as a label:
there may be millions of them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Metric(NamedTuple):
    """A metric as it is exposed."""

    name: str
    kind: Literal["counter", "gauge", "histogram", "info"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds, ascending, without infinity; histograms only."""


TASK = ("task",)
PLACE = ("task", "topic", "partition")

# From a tenth of a millisecond, because a batch of a young detector takes less than one.
SECONDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0),
)
LONG_SECONDS = (*SECONDS, 30.0, 60.0, 300.0, 900.0, 3600.0)
SCORES = (*(0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0), 12.0, 16.0, 32.0, 64.0, 128.0)

BUILD = Metric("cutstream_build_info", "info", "Version of the program and of Python; always 1.")
CONSUMED = Metric(
    "cutstream_records_consumed_total",
    "counter",
    "Input records whose offset is committed.",
    ("task", "topic"),
)
PRODUCED = Metric(
    "cutstream_records_produced_total",
    "counter",
    "Output records committed, snapshots not counted.",
    ("task", "topic"),
)
DEAD_LETTERS = Metric(
    "cutstream_dead_letters_total",
    "counter",
    "Input records that went to the dead letters, by reason.",
    ("task", "reason"),
)
BATCH_SECONDS = Metric(
    "cutstream_batch_duration_seconds",
    "histogram",
    "From the end of the poll to the end of the commit of one batch.",
    TASK,
    SECONDS,
)
STEP_SECONDS = Metric(
    "cutstream_step_duration_seconds",
    "histogram",
    "The task's own work on one batch: decode, score, learn, encode.",
    TASK,
    SECONDS,
)
COMMIT_SECONDS = Metric(
    "cutstream_commit_duration_seconds",
    "histogram",
    "One transaction, from its begin to its commit.",
    TASK,
    SECONDS,
)
LATENCY_SECONDS = Metric(
    "cutstream_end_to_end_latency_seconds",
    "histogram",
    "From an input record's timestamp to the commit of what came of it.",
    TASK,
    LONG_SECONDS,
)
COMMITTED = Metric(
    "cutstream_transactions_committed_total", "counter", "Transactions committed.", TASK
)
ABORTED = Metric(
    "cutstream_transactions_aborted_total",
    "counter",
    "Transactions given up, by reason: fenced, unavailable, error.",
    ("task", "reason"),
)
LAG_RECORDS = Metric(
    "cutstream_consumer_lag_records",
    "gauge",
    "Offsets from the committed position to the end, 0 where no record lies between.",
    PLACE,
)
LAG_SECONDS = Metric(
    "cutstream_consumer_lag_seconds",
    "gauge",
    "Age of the last committed input record while others wait behind it, else 0.",
    PLACE,
)
POSITION_AGE = Metric(
    "cutstream_consumer_position_age_seconds",
    "gauge",
    "Time since the committed position was last seen to move.",
    PLACE,
)
ASSIGNED = Metric(
    "cutstream_assigned_partitions", "gauge", "Input partitions that this member owns.", TASK
)
REBALANCES = Metric(
    "cutstream_rebalances_total",
    "counter",
    "Polls that brought partitions or took them away.",
    TASK,
)
REBALANCE_SECONDS = Metric(
    "cutstream_rebalance_duration_seconds",
    "histogram",
    "From the start of a poll that changed the partitions until all of them are restored.",
    TASK,
    LONG_SECONDS,
)
UNAVAILABLE = Metric(
    "cutstream_log_unavailable_total",
    "counter",
    "Times that the log was away and the task waited to try again.",
    TASK,
)
MODEL_ERRORS = Metric(
    "cutstream_model_errors_total",
    "counter",
    "Input records that went to the dead letters because the task failed on them.",
    TASK,
)
REBUILDS = Metric(
    "cutstream_state_rebuilds_total",
    "counter",
    "Partitions rebuilt because the task failed in the middle of a batch.",
    TASK,
)
FORGOTTEN = Metric(
    "cutstream_entities_forgotten_total",
    "counter",
    "Entities forgotten because of an input record without a value.",
    TASK,
)
SNAPSHOTS = Metric(
    "cutstream_snapshots_written_total",
    "counter",
    "Snapshots of single keys, and pieces of shared states, committed.",
    TASK,
)
SNAPSHOT_BYTES = Metric(
    "cutstream_snapshot_bytes_total", "counter", "Bytes of state in committed snapshots.", TASK
)
SNAPSHOT_SECONDS = Metric(
    "cutstream_snapshot_duration_seconds",
    "histogram",
    "Time to encode the snapshots of one batch.",
    TASK,
    SECONDS,
)
CHECKPOINTS = Metric(
    "cutstream_checkpoints_written_total",
    "counter",
    "Checkpoints of shared states committed.",
    TASK,
)
CHECKPOINT_BYTES = Metric(
    "cutstream_checkpoint_bytes_total",
    "counter",
    "Bytes of pieces in committed checkpoints, manifests included.",
    TASK,
)
CHECKPOINT_SECONDS = Metric(
    "cutstream_checkpoint_duration_seconds",
    "histogram",
    "From the first piece of a checkpoint to the end of the commit that it is part of.",
    TASK,
    LONG_SECONDS,
)
SNAPSHOT_AGE = Metric(
    "cutstream_snapshot_age_offsets",
    "gauge",
    "Offsets that a restart would replay now.",
    PLACE,
)
REPLAYED = Metric(
    "cutstream_replayed_records_total",
    "counter",
    "Input records read again to rebuild state, their outputs suppressed.",
    TASK,
)
REPLAY_MISMATCH = Metric(
    "cutstream_replay_mismatch_total",
    "counter",
    "Replays with other outputs than those committed: a task that is not deterministic. Must be 0.",
    TASK,
)
CORRUPT_SNAPSHOTS = Metric(
    "cutstream_corrupt_snapshots_total",
    "counter",
    "Snapshots refused because of their checksum or structure.",
    TASK,
)
RECOVERY_SECONDS = Metric(
    "cutstream_recovery_duration_seconds",
    "histogram",
    "Time to rebuild one partition's state: snapshots and replay.",
    TASK,
    LONG_SECONDS,
)
RESTORING = Metric(
    "cutstream_restoring", "gauge", "1 while the partition's state is being rebuilt, else 0.", PLACE
)
FENCED = Metric(
    "cutstream_fenced_total",
    "counter",
    "Transactions refused because this member had lost its partitions.",
    TASK,
)
ENTITIES = Metric("cutstream_entities", "gauge", "Keys with state in memory.", PLACE)
DECISIONS = Metric(
    "cutstream_decisions_total",
    "counter",
    "Decisions of a detector, by status: warming, normal, anomaly, suppressed.",
    ("task", "status"),
)
SCORE = Metric(
    "cutstream_score", "histogram", "Raw scores of a detector, once it is warm.", TASK, SCORES
)
LEARNED = Metric(
    "cutstream_interactions_learned_total", "counter", "Interactions that were learned.", TASK
)
RECOMMENDED = Metric(
    "cutstream_recommendations_made_total",
    "counter",
    "Recommendation records made, on change and on request.",
    TASK,
)
RECALL = Metric(
    "cutstream_prequential_recall",
    "gauge",
    "Share of the ranked interactions of the moving window whose item was among the first k.",
    TASK,
)
RECIPROCAL_RANK = Metric(
    "cutstream_prequential_reciprocal_rank",
    "gauge",
    "Mean reciprocal rank of the items of the ranked interactions of the moving window.",
    TASK,
)
USERS = Metric("cutstream_recommender_users", "gauge", "Users that are remembered.", TASK)
ITEMS = Metric("cutstream_recommender_items", "gauge", "Items that are remembered.", TASK)
EVICTED = Metric(
    "cutstream_recommender_evicted_total",
    "counter",
    "Users and items that were idle too long, or had to make room for others.",
    TASK,
)
PREDICTIONS = Metric(
    "cutstream_predictions_total",
    "counter",
    "Events of a predictor, by status: answered, skipped.",
    ("task", "status"),
)
LABELS = Metric(
    "cutstream_labels_total",
    "counter",
    "Labels of a predictor, by outcome: matched, unmatched where no such event waited, refused.",
    ("task", "outcome"),
)
EXPIRED = Metric(
    "cutstream_events_expired_total",
    "counter",
    "Events forgotten because no label came before their deadline.",
    TASK,
)
JUDGED = Metric(
    "cutstream_model_judged_total",
    "counter",
    "Answers of a model that were compared with their label, before it was learned.",
    ("task", "model"),
)
MODEL_ERROR_SUM = Metric(
    "cutstream_model_error_sum_total",
    "counter",
    "Sum of the errors of these answers: 0 or 1 in classification, absolute in regression.",
    ("task", "model"),
)
MODEL_MEASURE = Metric(
    "cutstream_model_measure",
    "gauge",
    "A model's measure over its window, in the newest metrics record of this worker; not where "
    "every entity has models of its own.",
    ("task", "model", "measure"),
)
MODEL_CHANGES = Metric(
    "cutstream_model_changes_total",
    "counter",
    "What became of a predictor's models: warning, drift, diverged, promotion.",
    ("task", "model", "change"),
)
DELETED = Metric(
    "cutstream_retention_deleted_records_total",
    "counter",
    "Records deleted by retention and compaction.",
)

TABLE: tuple[Metric, ...] = (
    *(BUILD, CONSUMED, PRODUCED, DEAD_LETTERS, BATCH_SECONDS, STEP_SECONDS, COMMIT_SECONDS),
    *(COMMITTED, ABORTED, LATENCY_SECONDS, LAG_RECORDS, LAG_SECONDS, POSITION_AGE, ASSIGNED),
    *(REBALANCES, REBALANCE_SECONDS, UNAVAILABLE, MODEL_ERRORS, REBUILDS, FORGOTTEN),
    *(SNAPSHOTS, SNAPSHOT_BYTES, SNAPSHOT_SECONDS, SNAPSHOT_AGE, REPLAYED, REPLAY_MISMATCH),
    *(CHECKPOINTS, CHECKPOINT_BYTES, CHECKPOINT_SECONDS),
    *(CORRUPT_SNAPSHOTS, RECOVERY_SECONDS, RESTORING, FENCED, ENTITIES, DECISIONS, SCORE),
    *(PREDICTIONS, LABELS, EXPIRED, JUDGED, MODEL_ERROR_SUM, MODEL_MEASURE, MODEL_CHANGES),
    *(LEARNED, RECOMMENDED, RECALL, RECIPROCAL_RANK, USERS, ITEMS, EVICTED),
    DELETED,
)
