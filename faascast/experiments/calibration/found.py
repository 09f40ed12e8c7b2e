"""What a calibration says of each figure: what it was fitted to be, or why it stays what it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fit:
    """A figure of the platform, by dotted path, and how good it is."""

    path: str
    value: object
    """As `platforms.load` reads it."""
    n: int
    """Samples that it was fitted to."""
    told: str
    """The figure in words."""
    ks: float | None = None
    """Kolmogorov-Smirnov distance to the samples; None where they do not scatter, or a line was fitted."""
    error: float | None = None
    """Relative error of what it predicts on average."""
    remark: str = ""
    """What else is to be known."""

    @property
    def source(self) -> str:
        """Where the figure comes from, for the platform's `sources`."""
        ks = [f"KS distance {self.ks:.2f}"] if self.ks is not None else []
        error = [f"its mean is {self.error:.1%} off that of the samples"] if self.error is not None else []
        quality = f" ({', '.join([*ks, *error])})" if ks or error else ""
        return f"calibrated: {self.told}, from {self.n:,} samples{quality}" + (
            f"; {self.remark}" if self.remark else ""
        )


@dataclass(frozen=True)
class Kept:
    """A figure that keeps its former value."""

    path: str
    why: str


@dataclass
class Findings:
    """Fits and what was kept, in the order in which they were looked for."""

    fits: list[Fit] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    def add(self, found: Fit | Kept) -> None:
        """One more figure."""
        if isinstance(found, Fit):
            self.fits.append(found)
        else:
            self.kept.append(found)

    @property
    def values(self) -> Mapping[str, object]:
        """What to set, by dotted path."""
        return {fit.path: fit.value for fit in self.fits}
