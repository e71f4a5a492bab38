"""What would be decided on a record, were it the next."""

from __future__ import annotations

from models.compiled import Doubles, kernel
from models.detector.decisions import Decisions
from models.detector.kernels.decide import assess, receive
from models.detector.kernels.explain import explain
from models.detector.kernels.intake import push
from models.detector.kernels.layout import Keys, Scratch
from models.forest.kernels.layout import Forests


@kernel
def foresee(
    b: Keys,
    f: Forests,
    slot: int,
    records: Doubles,
    i: int,
    details: int,
    out: Decisions,
    scratch: Scratch,
) -> int:
    """Decide on record i as `decide` does, learning nothing of it; returns the number of details used.

    Whatever could be scored is explained. The slot must be READY. Its key, features, imputed values and records are
    left as if the record had come: the caller puts them back.
    """
    if receive(b, slot, records, i, out) <= b.keys[slot]["settle"]:
        return details
    push(b, f, slot, records, i, scratch)
    assess(b, f, slot, i, out)
    if f.slots[slot]["seen"] >= f.shingle_size and f.sizes[slot, 0] > 0:
        out.detail[i] = details
        explain(b, f, slot, details, out, scratch)
        details += 1
    return details
