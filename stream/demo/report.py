"""What the demo prints: a live summary, then what was flagged against what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from stream.demo.findings import Comparison, Finding
from stream.demo.series import Segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from stream.codec.prediction.measured import MetricsRecord
    from stream.codec.recommendation.measured import RecommenderMetricsRecord
    from stream.codec.score import ScoreRecord
    from stream.demo.play import Count


@contextmanager
def live_summary(console: Console) -> Iterator[Callable[[list[Count]], None]]:
    """A table that is drawn anew on a terminal; elsewhere a line when a tenth more is done."""
    if not console.is_terminal:
        yield _PlainSummary(console)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield lambda counts: live.update(_summary(counts), refresh=True)


class _PlainSummary:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._tenths: dict[str, int] = {}

    def __call__(self, counts: list[Count]) -> None:
        for count in counts:
            tenth = 10 * count.done // max(count.rows, 1)
            if tenth > self._tenths.get(count.name, 0):
                self._tenths[count.name] = tenth
                self._console.print(
                    f"{count.name}: {count.done:,} of {count.rows:,} done, "
                    f"{count.rate:,.0f}/s, {count.told}, lag {count.lag:,}",
                    markup=False,
                )


def _summary(counts: list[Count]) -> Table:
    table = Table("task", "", box=None)
    for heading in ("events in", "done", "events/s", "lag", "dead letters"):
        table.add_column(heading, justify="right")
    table.add_column("so far")
    for count in counts:
        figures = (count.sent, count.done, count.rate, count.lag, count.refused)
        bar = ProgressBar(total=count.rows, completed=count.done, width=20)
        table.add_row(count.name, bar, *(f"{figure:,.0f}" for figure in figures), count.told)
    return table


def found_table(
    title: str, found: Sequence[Finding], known: Sequence[Segment], most: int = 12
) -> Table:
    """The findings with the highest grades, in the order of their rows."""
    strongest = sorted(found, key=_severity)[:most]
    note = "" if len(found) <= most else f", the {most} with the highest grades"
    table = Table(
        title=f"{title}: flagged {len(found):,} times{note}", title_justify="left", box=None
    )
    for heading, justify in _COLUMNS:
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]  # a plain str, of Rich's words
    for finding in sorted(strongest):
        peak = finding.peak
        table.add_row(
            peak.time[:19].replace("T", " "),
            f"{finding.last - finding.first + 1}",
            _value(peak),
            _expected(peak),
            f"{peak.grade:.2f}",
            f"{peak.probability:.1e}",
            _known(finding, known),
        )
    return table


def _severity(finding: Finding) -> tuple[float, float]:
    return -finding.peak.grade, finding.peak.probability


_COLUMNS = (
    ("time (UTC)", "left"),
    ("records", "right"),
    ("value", "left"),
    ("expected", "left"),
    ("grade", "right"),
    ("probability", "right"),
    ("known as", "left"),
)


def sentences(name: str, source: str, compared: Comparison) -> list[str]:
    """How the detector did against what is known, in words."""
    precision, recall = _share(compared.precision), _share(compared.recall)
    told = [
        f"{name}: {compared.hit:,} of {compared.segments:,} known anomalous runs hit ({source}).",
        f"{name}: {compared.flagged:,} of {compared.judged:,} judged records flagged, "
        f"{compared.known:,} known to be anomalous, {compared.both:,} both "
        f"(precision {precision}, recall {recall}).",
    ]
    if compared.ranking is not None:
        told.append(
            f"{name}: a known record is less probable than another one in "
            f"{compared.ranking:.1%} of all pairs (ROC AUC)."
        )
    warming = compared.scored - compared.judged
    if warming:
        told.append(f"{name}: the first {warming:,} records are for warming up, and not judged.")
    return told


def films_table(source: str, measured: Mapping[str, RecommenderMetricsRecord | None]) -> Table:
    """What each recommender foresaw of what came next."""
    table = Table(title=f"recommendations: {source}", title_justify="left", box=None)
    k = next((one.k for one in measured.values() if one is not None), 10)
    for heading in (
        "recommender",
        f"recall@{k}",
        f"nDCG@{k}",
        "MRR",
        "new users",
        "new films",
        "coverage",
    ):
        table.add_column(heading, justify="left" if heading == "recommender" else "right")
    for name, one in measured.items():
        if one is not None:
            total = one.total
            figures = (
                total.everything.recall,
                total.everything.ndcg,
                total.everything.mrr,
                total.cold_users.recall,
                total.cold_items.recall,
                total.coverage,
            )
            table.add_row(name, *map(_figure, figures))
    return table


def sites_table(source: str, measured: MetricsRecord) -> Table:
    """How good each model was, each answer judged before its label was learned."""
    table = Table(title=f"predictions: {source}", title_justify="left", box=None)
    headings = ("accuracy", "f1", "kappa", "log_loss", "roc_auc")
    for heading in ("model", *headings, "labels"):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    for name, model in measured.models.items():
        champion = " (champion)" if name == measured.model else ""
        figures = [_figure(model.total.get(heading)) for heading in headings]
        table.add_row(f"{name}{champion}", *figures, f"{measured.labels:,}")
    return table


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _leading(record: ScoreRecord) -> str:
    """The feature that weighs most in the score."""
    shares = record.attribution or {}
    return max(record.values, key=lambda name: shares[name].share if name in shares else 0.0)


def _value(record: ScoreRecord) -> str:
    name = _leading(record)
    value = record.values[name]
    return name if value is None else f"{name} {value:.5g}"


def _expected(record: ScoreRecord) -> str:
    expected = (record.expected or {}).get(_leading(record))
    if expected is None:
        return "-"
    return f"{expected.value:.4g} ({expected.lower:.4g} to {expected.upper:.4g})"


def _known(finding: Finding, known: Sequence[Segment]) -> str:
    hit = [s.what for s in known if s.first <= finding.last and finding.first <= s.last]
    return hit[0] if hit else "-"
