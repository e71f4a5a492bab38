"""Every reason that an output record can give, with the sentence that explains it.

These two tables are the only place that names them: the schemas, the documentation and the metrics
read them from here.
"""

from __future__ import annotations

from enum import StrEnum


class RejectReason(StrEnum):
    """Why an input record went to the dead letters."""

    UNDECODABLE = "undecodable"
    UNKNOWN_SCHEMA = "unknown_schema"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_KEY = "missing_key"
    BAD_TIMESTAMP = "bad_timestamp"
    MISSING_TIMESTAMP = "missing_timestamp"
    NOT_A_NUMBER = "not_a_number"
    INFINITE = "infinite"
    MISSING_FEATURE = "missing_feature"
    TOO_LARGE = "too_large"
    NULL_VALUE = "null_value"
    MODEL_ERROR = "model_error"
    MISSING_ID = "missing_id"
    BAD_LABEL = "bad_label"
    BAD_FEATURE = "bad_feature"
    BAD_CONTROL = "bad_control"
    WRONG_KIND = "wrong_kind"
    UNKNOWN_TYPE = "unknown_type"
    LONG_ID = "long_id"
    BAD_VALUE = "bad_value"
    BAD_ITEM = "bad_item"
    BAD_REQUEST = "bad_request"


class ScoreReason(StrEnum):
    """Why a score record has the status that it has."""

    WARMING = "warming"
    SCORE_ABOVE_THRESHOLD = "score_above_threshold"
    SCORE_BELOW_THRESHOLD = "score_below_threshold"
    MISSING_FEATURE = "missing_feature"
    IMPUTED = "imputed"
    NOT_EXPLAINED = "not_explained"


REJECT_SENTENCES = {
    RejectReason.UNDECODABLE: (
        "The value is not JSON in UTF-8, or not framed and encoded as the input's `format` says."
    ),
    RejectReason.UNKNOWN_SCHEMA: "The registry has no schema of the id that the value begins with.",
    RejectReason.NOT_AN_OBJECT: "The value can be decoded, but is not an object.",
    RejectReason.MISSING_KEY: (
        "A part of the entity key is absent, null, empty, or neither text, number nor boolean."
    ),
    RejectReason.BAD_TIMESTAMP: (
        "The timestamp is neither an RFC 3339 date-time nor an epoch number in the years 1 to 9999."
    ),
    RejectReason.MISSING_TIMESTAMP: "The timestamp is absent or null.",
    RejectReason.NOT_A_NUMBER: "A feature is text, a boolean, an array or an object.",
    RejectReason.INFINITE: "A feature is infinite.",
    RejectReason.MISSING_FEATURE: (
        "A feature is absent or null, and the detector's policy is `dead-letter`."
    ),
    RejectReason.TOO_LARGE: "A feature's magnitude is above 1e150.",
    RejectReason.NULL_VALUE: (
        "The record has neither a value nor a key that names an entity to be forgotten."
    ),
    RejectReason.MODEL_ERROR: "The task failed on the record; `cutstream.error.traceback` says where.",
    RejectReason.MISSING_ID: "The id is absent, null, empty, or neither text, number nor boolean.",
    RejectReason.BAD_LABEL: "The label is absent, or is none of the predictor's classes or no number.",
    RejectReason.BAD_FEATURE: "A feature is an array or an object.",
    RejectReason.BAD_CONTROL: (
        "The control record is none that the task knows, or names a model that it does not have."
    ),
    RejectReason.WRONG_KIND: "The header `cutstream-kind` names a kind that the task does not read.",
    RejectReason.UNKNOWN_TYPE: "The type of an interaction is none of the recommender's types.",
    RejectReason.LONG_ID: "The id of a user or an item is longer than 1024 characters.",
    RejectReason.BAD_VALUE: (
        "The value of an interaction is no number from 0 on, or makes its weight larger than 1e6."
    ),
    RejectReason.BAD_ITEM: "What is said of an item has the wrong form, or is too much.",
    RejectReason.BAD_REQUEST: "The value is no request for recommendations, or its filter is none.",
}

SCORE_SENTENCES = {
    ScoreReason.WARMING: "The entity has too few records to be judged.",
    ScoreReason.SCORE_ABOVE_THRESHOLD: "The score is above the threshold.",
    ScoreReason.SCORE_BELOW_THRESHOLD: "The score is not above the threshold.",
    ScoreReason.MISSING_FEATURE: (
        "A feature is missing and the policy is `skip`: the record was neither scored nor learned."
    ),
    ScoreReason.IMPUTED: "At least one value is missing and was replaced by an estimate.",
    ScoreReason.NOT_EXPLAINED: (
        "There is no forest among the detector's models, or it finds nothing rare: an anomaly has no attribution."
    ),
}
