"""`cutstream estimate`: what detectors will cost, before they run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.console import stdout

if TYPE_CHECKING:
    from stream.estimate import Workload
    from stream.estimate.speed import Calibration

_COUNT = "[DETECTOR=]N"
_DEFAULT_KEYS = 1_000

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="A configuration, of which every detector is estimated."),
]
KeysOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keys", "-k", metavar=_COUNT, help="Keys of every detector, or of one; else 1000."
    ),
]
RateOption = Annotated[
    list[str] | None,
    typer.Option("--rate", "-r", metavar=_COUNT, help="Events per second, of all keys together."),
]
RatePerKeyOption = Annotated[
    list[str] | None,
    typer.Option("--rate-per-key", metavar=_COUNT, help="Events per second of each key, instead."),
]
HotOption = Annotated[
    float,
    typer.Option("--hot", help="Share of the keys that are used often enough to keep boxes."),
]
RecordsOption = Annotated[
    int | None,
    typer.Option("--records", help="Records that each key has seen; else so many that it is full."),
]
FeaturesOption = Annotated[int | None, typer.Option("--features", help="Features; else 1.")]
ShingleOption = Annotated[int | None, typer.Option("--shingle", help="Shingle size; else 8.")]
TreesOption = Annotated[int | None, typer.Option("--trees", help="Trees of a forest; else 50.")]
SamplesOption = Annotated[
    int | None, typer.Option("--samples", help="Samples of a tree; else 256.")
]
DecayOption = Annotated[
    float | None, typer.Option("--decay", help="Decay per record; else 1 / (10 * samples).")
]
PartitionsOption = Annotated[
    int | None, typer.Option("--partitions", help="Partitions; else those of --config, or 1.")
]
SnapshotOption = Annotated[
    int | None,
    typer.Option(
        "--snapshot-every",
        help="Events of a partition until a changed key is saved; else of --config, or 10000.",
    ),
]
UnmeasuredOption = Annotated[
    bool, typer.Option("--no-measure", help="Do not measure how fast this machine is.")
]


def estimate(
    config: ConfigOption = None,
    keys: KeysOption = None,
    rate: RateOption = None,
    rate_per_key: RatePerKeyOption = None,
    hot: HotOption = 1.0,
    records: RecordsOption = None,
    features: FeaturesOption = None,
    shingle: ShingleOption = None,
    trees: TreesOption = None,
    samples: SamplesOption = None,
    decay: DecayOption = None,
    partitions: PartitionsOption = None,
    snapshot_every: SnapshotOption = None,
    no_measure: UnmeasuredOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Estimate what detectors cost: memory, snapshots, and events per second of a core.

    Memory and snapshots are reckoned from the shape, to about a tenth where values are noise;
    models of River are not counted. How many events a core takes is measured here, in a few
    seconds, for some shapes, and fitted to others. That is scoring and learning alone: reading,
    decoding and writing come on top.

    \b
    [bold]Examples[/bold]
      cutstream estimate --keys 100000 --rate 20000
      cutstream estimate --features 5 --shingle 4 --keys 2000 --rate-per-key 0.1 --no-measure
      cutstream estimate --config cutstream.yaml --keys pumps=5000 --rate pumps=800 --json
    """
    from stream.cli.estimates import document, rows, tables
    from stream.estimate.workloads import Wanted, from_settings, of_shape

    wanted = Wanted(
        keys=keys or [str(_DEFAULT_KEYS)],
        rate=rate or [],
        rate_per_key=rate_per_key or [],
        records=records,
        hot=hot,
        partitions=partitions,
        snapshot_every=snapshot_every,
    )
    shape = {
        "features": features,
        "shingle_size": shingle,
        "n_trees": trees,
        "sample_size": samples,
        "time_decay": decay,
    }
    if config is None:
        workloads = [of_shape(shape, wanted)]
    else:
        from stream.settings import load

        workloads = from_settings(load(config), shape, wanted)
    found = rows(workloads, None if no_measure else _measured(workloads))
    if as_json:
        typer.echo(json.dumps(document(found), indent=2))
        return
    for part in tables(found):
        stdout().print(part)


def _measured(workloads: list[Workload]) -> list[Calibration]:
    """What this machine does, for each workload; measured once for those of equal samples."""
    from stream.cli.compiling import compiling_shown
    from stream.cli.console import stderr
    from stream.estimate import calibrated

    found: dict[tuple[object, ...], Calibration] = {}
    calibrations = []
    with compiling_shown(), stderr().status("Measuring this machine ..."):
        for workload in workloads:
            config = workload.config
            same = (config.sample_size, config.decay, config.score)
            if same not in found:
                found[same] = calibrated(config)
            calibrations.append(found[same])
    return calibrations
