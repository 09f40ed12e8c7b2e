"""The built-in workflows: those that octoflows was evaluated on, in their shapes and sizes.

Tasks, edges and sizes of data are octoflows' at its last commit (counted from its source). It published
no times but for deliberate sleeps; the defaults here are ours, each said in its parameter's meaning.
"Measured" is on one core of an Intel server with CPython 3.11 and numpy 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from workloads.columns import MOST
from workloads.errors import Fault
from workloads.generators.generator import Bytes
from workloads.generators.sketch import Drawn, Sketch
from workloads.parameters import Figure


def _cpu(meaning: str) -> Figure:
    return Figure(f"CPU seconds of {meaning}", "s", most=MOST)


def _size(meaning: str) -> Figure:
    return Figure(f"size of {meaning}", "bytes", most=2**62)


@dataclass(frozen=True, kw_only=True)
class Gemm(Drawn):
    """Product of two n × n matrices of int64: each pair of strips is multiplied, then all are joined."""

    key: ClassVar[str] = "gemm"
    ITEM_BYTES: ClassVar[int] = 8

    n: Annotated[int, Figure("rows and columns of each matrix", "", least=1, most=10**6)] = 2000
    strips: Annotated[int, Figure("strips of each matrix; divides n", "", least=1)] = 4
    ops_per_s: Annotated[
        float, Figure("integer multiplications and additions of a core (measured; no BLAS)", "1/s", least=1)
    ] = 1.7e9
    copy_bytes_per_s: Annotated[
        float, Figure("rate at which a core joins the products (measured)", "bytes/s", least=1)
    ] = 3.4e8

    def faults(self) -> Iterator[Fault]:
        """Strips of equal width only."""
        if self.n % self.strips:
            yield Fault(self.key, "strips", self.strips, f"a divisor of n, {self.n}")

    @property
    def n_tasks(self) -> int:
        """A product for each pair of strips, and the join."""
        return self.strips**2 + 1

    def draw(self, sketch: Sketch) -> None:
        """Make strips² + 1 tasks, strips² edges."""
        width = self.n // self.strips
        strip_bytes = self.ITEM_BYTES * self.n * width
        rows = [sketch.given(f"a-{i}", strip_bytes) for i in range(self.strips)]
        columns = [sketch.given(f"b-{j}", strip_bytes) for j in range(self.strips)]
        products = [
            sketch.task(
                f"multiply-{i}-{j}",
                (row, column),
                function="multiply",
                makes_bytes=self.ITEM_BYTES * width**2,
                cpu_s=2 * self.n * width**2 / self.ops_per_s,
            )
            for i, row in enumerate(rows)
            for j, column in enumerate(columns)
        ]
        result_bytes = self.ITEM_BYTES * self.n**2
        join_s = result_bytes / self.copy_bytes_per_s
        sketch.task("aggregate", products, function="aggregate", makes_bytes=result_bytes, cpu_s=join_s)


@dataclass(frozen=True, kw_only=True)
class TreeReduction(Drawn):
    """Sum of many numbers, pair by pair."""

    key: ClassVar[str] = "tree_reduction"

    numbers: Annotated[int, Figure("numbers to add, in the store from the start", "", least=2)] = 64
    cpu_s: Annotated[float, _cpu("an addition (ours; next to nothing)")] = 0.01
    bytes: Bytes = 8

    @property
    def n_tasks(self) -> int:
        """Each addition makes one number of two."""
        return self.numbers - 1

    def draw(self, sketch: Sketch) -> None:
        """Make numbers − 1 tasks, numbers − 2 edges."""

        def add(name: str, pair: tuple[str, ...]) -> str:
            return sketch.task(name, pair, function="add", makes_bytes=self.bytes, cpu_s=self.cpu_s)

        merge_in_pairs([sketch.given(f"number-{i}", self.bytes) for i in range(self.numbers)], "add", add)


@dataclass(frozen=True, kw_only=True)
class TextAnalysis(Drawn):
    """Words of a text counted in parts, the text cut in segments, these analysed, all reported."""

    key: ClassVar[str] = "text_analysis"

    counts: Annotated[int, Figure("tasks that count words", "tasks", least=1)] = 32
    segments: Annotated[int, Figure("tasks that analyse a segment", "tasks", least=1)] = 16
    overviews: Annotated[int, Figure("tasks that analyse the whole text", "tasks", least=1)] = 4
    text_bytes: Annotated[int, _size("the text")] = 31_100_000
    segments_bytes: Annotated[int, _size("all segments together")] = 28_200_000
    analysis_bytes: Annotated[int, _size("the analysis of a segment")] = 1_760_000
    merged_bytes: Annotated[int, _size("the merged analyses")] = 28_100_000
    figures_bytes: Annotated[int, _size("a few figures, such as a count (ours)")] = 1_000
    pass_s: Annotated[float, _cpu("one pass over the whole text (splitting it, measured)")] = 0.7
    merge_s: Annotated[float, _cpu("a task that only handles results (ours)")] = 0.05

    @property
    def n_tasks(self) -> int:
        """Counts, segments, overviews, and seven that handle them."""
        return self.counts + self.segments + self.overviews + 7

    def draw(self, sketch: Sketch) -> None:
        """Make counts + segments + overviews + 7 tasks; 59 tasks and 83 edges by default."""
        few, merge_s = self.figures_bytes, self.merge_s
        text = sketch.given("text", self.text_bytes)
        counts = [
            sketch.task(f"count-{i}", (text,), function="count", makes_bytes=few, cpu_s=self.pass_s)
            for i in range(self.counts)
        ]
        total = sketch.task("merge-counts", counts, function="merge-counts", makes_bytes=few, cpu_s=merge_s)
        segments = sketch.task(
            "segment", (text, total), function="segment", makes_bytes=self.segments_bytes, cpu_s=self.pass_s
        )
        statistics = sketch.task("statistics", (text, total), function="statistics", makes_bytes=few, cpu_s=self.pass_s)
        analyses = self._analyses(sketch, segments, statistics)
        merged = sketch.task("merge", analyses, function="merge", makes_bytes=self.merged_bytes, cpu_s=merge_s)
        findings = [
            sketch.task(name, (merged,), function=name, makes_bytes=few, cpu_s=merge_s)
            for name in ("metrics", "summary")
        ]
        sketch.task("report", (*findings, merged), function="report", makes_bytes=self.merged_bytes, cpu_s=merge_s)

    def _analyses(self, sketch: Sketch, segments: str, statistics: str) -> list[str]:
        """Every analysis reads all segments, for they are one object."""
        parts = [
            sketch.task(
                f"analyse-{i}",
                (segments,),
                function="analyse",
                makes_bytes=self.analysis_bytes,
                cpu_s=self.pass_s / self.segments,
            )
            for i in range(self.segments)
        ]
        overviews = [
            sketch.task(
                f"overview-{i}",
                (segments, statistics),
                function="overview",
                makes_bytes=self.figures_bytes,
                cpu_s=self.pass_s,
            )
            for i in range(self.overviews)
        ]
        return parts + overviews


@dataclass(frozen=True, kw_only=True)
class ImageTransformer(Drawn):
    """An image cut in chunks; each goes through two chains side by side and is combined; all are merged."""

    key: ClassVar[str] = "image_transformer"
    COLOUR: ClassVar[tuple[str, ...]] = ("resize", "blur", "normalize", "sepia")
    EDGES: ClassVar[tuple[str, ...]] = ("edges", "sharpen")

    chunks: Annotated[int, Figure("chunks of the image", "", least=1)] = 16
    image_bytes: Annotated[int, _size("the image, 3000 × 2001 × 3")] = 18_009_000
    chunk_bytes: Annotated[int, _size("a chunk, 750 × 500 × 3")] = 1_125_000
    edges_bytes: Annotated[int, _size("a chunk's edges, one byte a pixel")] = 375_000
    sleep_s: Annotated[float, Figure("sleep in the task that cuts (octoflows', on purpose)", "s", most=MOST)] = 9.0
    cpu_s: Annotated[float, _cpu("each task (ours)")] = 0.05

    @property
    def n_tasks(self) -> int:
        """Eight for each chunk, the cut and the merge."""
        return 8 * self.chunks + 2

    def draw(self, sketch: Sketch) -> None:
        """Make 8 · chunks + 2 tasks, 10 · chunks edges."""
        image = sketch.given("image", self.image_bytes)
        all_bytes = self.chunks * self.chunk_bytes
        cut = sketch.task(
            "split", (image,), function="split", makes_bytes=all_bytes, cpu_s=self.cpu_s, io_s=self.sleep_s
        )
        done = [self._chunk(sketch, i, cut) for i in range(self.chunks)]
        sketch.task("merge", done, function="merge", makes_bytes=all_bytes, cpu_s=self.cpu_s)

    def _chunk(self, sketch: Sketch, i: int, cut: str) -> str:
        chunk = self._step(sketch, "get", i, (cut,), self.chunk_bytes)
        colour = edges = chunk
        for function in self.COLOUR:
            colour = self._step(sketch, function, i, (colour,), self.chunk_bytes)
        for function in self.EDGES:
            edges = self._step(sketch, function, i, (edges,), self.edges_bytes)
        return self._step(sketch, "combine", i, (colour, edges), self.chunk_bytes)

    def _step(self, sketch: Sketch, function: str, i: int, inputs: tuple[str, ...], makes_bytes: int) -> str:
        return sketch.task(f"{function}-{i}", inputs, function=function, makes_bytes=makes_bytes, cpu_s=self.cpu_s)


@dataclass(frozen=True, kw_only=True)
class Montage(Drawn):
    """Astronomical images reprojected, their background removed, all joined by the median."""

    key: ClassVar[str] = "montage"

    images: Annotated[int, Figure("images", "", least=1)] = 10
    bytes: Annotated[int, _size("an image, before and after, and the mosaic")] = 1_650_000
    reproject_s: Annotated[float, _cpu("a reprojection (ours)")] = 4.0
    background_s: Annotated[float, _cpu("a background removal (ours)")] = 0.2
    coadd_s: Annotated[float, _cpu("the median of all images (ours)")] = 0.2

    @property
    def n_tasks(self) -> int:
        """Two for each image, and the median."""
        return 2 * self.images + 1

    def draw(self, sketch: Sketch) -> None:
        """Make 2 · images + 1 tasks, 2 · images edges."""
        cleaned = []
        for i in range(self.images):
            name = sketch.given(f"image-{i}", self.bytes)
            for function, cpu_s in (("reproject", self.reproject_s), ("background", self.background_s)):
                name = sketch.task(f"{function}-{i}", (name,), function=function, makes_bytes=self.bytes, cpu_s=cpu_s)
            cleaned.append(name)
        sketch.task("coadd", cleaned, function="coadd", makes_bytes=self.bytes, cpu_s=self.coadd_s)


@dataclass(frozen=True, kw_only=True)
class WordCount(Drawn):
    """Words counted in chunks of a text, counts merged pair by pair, then reported."""

    key: ClassVar[str] = "wordcount"

    chunks: Annotated[int, Figure("chunks of the text", "", least=1)] = 16
    chunk_bytes: Annotated[int, _size("a chunk (ours)")] = 350_000
    counts_bytes: Annotated[int, _size("a table of counts (ours)")] = 100_000
    count_s: Annotated[float, _cpu("counting a chunk (ours)")] = 0.05
    merge_s: Annotated[float, _cpu("merging two tables, or the report (ours)")] = 0.02

    @property
    def n_tasks(self) -> int:
        """A count and a merge for each chunk, the last merge being the report."""
        return 2 * self.chunks

    def draw(self, sketch: Sketch) -> None:
        """Make 2 · chunks tasks, one edge fewer."""

        def task(name: str, inputs: tuple[str, ...], function: str, cpu_s: float) -> str:
            return sketch.task(name, inputs, function=function, makes_bytes=self.counts_bytes, cpu_s=cpu_s)

        chunks = [sketch.given(f"chunk-{i}", self.chunk_bytes) for i in range(self.chunks)]
        counts = [task(f"count-{i}", (chunk,), "count", self.count_s) for i, chunk in enumerate(chunks)]
        merged = merge_in_pairs(counts, "merge", lambda name, pair: task(name, pair, "merge", self.merge_s))
        task("report", (merged,), "report", self.merge_s)


@dataclass(frozen=True, kw_only=True)
class FixedTimes(Drawn):
    """Chains of sleeps, each shorter than the last, that end in one task: some may be slowed for free."""

    key: ClassVar[str] = "fixed_times"

    chains: Annotated[int, Figure("chains, of chains, …, 2 and 1 tasks", "", least=1)] = 5
    sleep_s: Annotated[float, Figure("sleep of each task, whatever its memory", "s", most=MOST)] = 0.5
    bytes: Bytes = 8

    @property
    def n_tasks(self) -> int:
        """The chains', and the sink."""
        return self.chains * (self.chains + 1) // 2 + 1

    def draw(self, sketch: Sketch) -> None:
        """Make chains · (chains + 1) / 2 + 1 tasks, one edge fewer."""

        def sleep(name: str, inputs: tuple[str, ...]) -> str:
            return sketch.task(name, inputs, function="sleep", makes_bytes=self.bytes, cpu_s=0.0, io_s=self.sleep_s)

        ends: list[str] = []
        for i in range(self.chains):
            end: tuple[str, ...] = ()
            for k in range(self.chains - i):
                end = (sleep(f"chain-{i}-{k}", end),)
            ends += end
        sleep("sink", tuple(ends))


def merge_in_pairs(names: list[str], label: str, merge: Callable[[str, tuple[str, ...]], str]) -> str:
    """Merge outputs two by two until one is left; an odd one waits for the next level."""
    level = 0
    while len(names) > 1:
        pairs = [(names[i], names[i + 1]) for i in range(0, len(names) - 1, 2)]
        odd = names[len(pairs) * 2 :]
        names = [merge(f"{label}-{level}-{i}", pair) for i, pair in enumerate(pairs)] + odd
        level += 1
    return names[0]
