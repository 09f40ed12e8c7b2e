"""The built-in workflows really compute, and what they compute is right."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import cloudpickle
import numpy as np
import pytest

import workloads
from workloads import InvalidInput, load_workflow
from workloads.generators import BUILTINS as GENERATORS
from workloads.generators import Montage
from workloads.program import Program, PythonBody
from workloads.real import BUILTINS, real_program
from workloads.real.fits import read, written
from workloads.real.montage import coadd, plane_of, true_sky

TINY = (
    "gemm,n=12,strips=3",
    "gemm,n=5,strips=1",
    "tree_reduction,numbers=7,bytes=80",
    "text_analysis,text_bytes=3000,counts=3,segments=4,overviews=2",
    "text_analysis,text_bytes=0,counts=1,segments=1,overviews=1",
    "image_transformer,image_bytes=4000,chunks=3,sleep_s=0",
    "image_transformer,image_bytes=0,chunks=1,sleep_s=0",
    "montage,images=3,bytes=8000",
    "montage,images=1,bytes=0",
    "wordcount,chunks=5,chunk_bytes=900",
    "wordcount,chunks=1,chunk_bytes=0",
    "fixed_times,chains=3,sleep_s=0",
)


def made(spec: str) -> Program:
    program = real_program(spec)
    assert program is not None
    return program


def test_every_builtin_has_a_body() -> None:
    assert tuple(each.generator for each in BUILTINS) == GENERATORS


@pytest.mark.parametrize("spec", TINY)
def test_what_the_tasks_compute_is_what_one_computation_gives(spec: str) -> None:
    program = made(spec)
    assert program.check is not None
    program.check(program.straight())


@pytest.mark.parametrize("spec", TINY[::2])
def test_plans_and_predictions_are_for_the_very_workflow(spec: str) -> None:
    """The name says it whole: what is run is what it names for every other command."""
    program = made(spec)
    assert program.workflow == load_workflow(program.workflow.name)
    assert "are its generator's, not measured on this machine" in program.workflow.assumptions[-1]
    given = {each.index for each in program.workflow.data_objects() if each.producer is None}
    assert set(program.given) == given
    for task, body in zip(program.workflow.tasks(), program.bodies, strict=True):
        assert isinstance(body, PythonBody)
        assert [reference.object for reference in body.args] == program.workflow.inputs.row(task.index).tolist()  # type: ignore[attr-defined]


def test_what_is_not_said_is_small_and_what_is_said_is_kept() -> None:
    assert made("gemm").workflow.name == "gemm,n=1000"
    assert made("gemm,strips=16").workflow.name == "gemm,n=992,strips=16"
    assert made("gemm,n=2000").workflow.name == "gemm"
    assert made("builtin:fixed_times,chains=2").workflow.name == "fixed_times,chains=2,sleep_s=0.1"
    assert "merge_s=0.5" in made("wordcount,chunks=1,chunk_bytes=100,merge_s=.5").workflow.name


@pytest.mark.parametrize("spec", ["gen:chain", "wfcommons:montage,tasks=300", "./gemm", "gemm.json", "nonsense"])
def test_all_else_has_no_body(spec: str) -> None:
    assert real_program(spec) is None


def test_parameters_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidInput, match="gemm: strips is 7; expected a divisor of n, 20"):
        real_program("gemm,n=20,strips=7")


def test_the_seed_draws_the_data() -> None:
    first, again, other = (made(f"wordcount,chunks=2,chunk_bytes=300,seed={seed}").given for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("spec", TINY)
def test_a_wrong_result_is_seen(spec: str) -> None:
    program = made(spec)
    assert program.check is not None
    with pytest.raises(AssertionError, match="is not that of a straight computation"):
        program.check(spoilt(program.straight()))


def spoilt(result: Any) -> Any:
    if isinstance(result, dict):
        key = "words" if isinstance(result["words"], int) else "metrics"
        return result | {key: None}
    if isinstance(result, bytes):
        image, _ = read(result)
        image.flat[np.flatnonzero(np.isfinite(image))[0]] += 0.01
        return written(image)
    if isinstance(result, np.ndarray):
        changed = result.copy()
        changed.flat[-1] += 1
        return changed
    return result + 1


@pytest.mark.parametrize("spec", [spec for spec in TINY if "bytes=0" not in spec])
def test_a_task_that_computes_something_else_is_seen(spec: str) -> None:
    """Whichever task it is: what every one makes has a part in the result."""
    program = made(spec)
    assert program.check is not None
    functions = dict.fromkeys(body.function for body in program.bodies if isinstance(body, PythonBody))
    for function in functions:
        broken = dataclasses.replace(program, bodies=tuple(map(lambda b, f=function: _broken(b, f), program.bodies)))
        with pytest.raises(Exception, match=r".*"):
            program.check(broken.straight())


def _broken(body: Any, function: Any) -> Any:
    if body.function is not function:
        return body
    return dataclasses.replace(body, function=lambda *args, **kwargs: _other(function(*args, **kwargs)))


def _other(value: Any) -> Any:
    """Something of the same kind that is not the same."""
    match value:
        case dict():
            return {key: _other(each) for key, each in value.items()}
        case list():
            return value[:-1] if len(value) > 1 else [_other(each) for each in value]
        case bytes():
            image, header = read(value)
            return written(
                image + np.arange(image.shape[1]) ** 2, **{k: v for k, v in header.items() if k[:3] == "CRP"}
            )
        case np.ndarray():
            return 255 - value if value.dtype == np.uint8 else value + 1
        case str():
            return value + " more"
    return value + 1


def test_functions_bring_nothing_of_ours_to_a_worker() -> None:
    cloudpickle.register_pickle_by_value(workloads)
    try:
        packed = [cloudpickle.dumps(tuple(each.functions.values())) for each in BUILTINS]
    finally:
        cloudpickle.unregister_pickle_by_value(workloads)
    probe = f"""
import pickle, sys
sys.modules["workloads"] = None
for packed in {packed!r}:
    assert pickle.loads(packed)
"""
    done = subprocess.run([sys.executable, "-c", probe], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ---- montage: what astronomers would ask


def test_a_mosaic_is_close_to_the_sky() -> None:
    """Ten images of noise 1, interpolated: far less of it is left, and the backgrounds of a hundred are gone."""
    program = made("montage,bytes=40000")
    mosaic, _ = read(program.straight())  # type: ignore[arg-type]
    difference = mosaic - true_sky(Montage(bytes=40000))
    inner = difference[20:-20, 20:-20]
    assert np.isfinite(inner).all()
    assert abs(np.median(inner)) < 1
    assert np.median(abs(inner - np.median(inner))) < 0.5
    first, _ = read(program.given[program.workflow.index_of_object("image-0")])  # type: ignore[arg-type]
    assert np.median(first) > 30


def test_images_are_weighted_by_how_quiet_they_are() -> None:
    quiet, loud = np.tile([1.0, -1.0], (8, 4)), np.tile([2.0, -2.0], (8, 4))
    mosaic, _ = read(coadd(written(quiet), written(-loud)))
    assert np.allclose(mosaic, (4 * quiet - 1 * loud) / 5)


def test_levels_are_found_from_the_overlaps_alone() -> None:
    """Two halves that overlap in the middle, one 10 brighter: no step is left."""
    left, right = np.zeros((4, 9)), np.full((4, 9), 10.0)
    left[:, 6:] = right[:, :3] = np.nan
    mosaic, _ = read(coadd(written(left), written(right)))
    assert np.ptp(mosaic) == 0


def test_a_plane_is_found_exactly() -> None:
    down, across = np.mgrid[0:6, 0:9]
    plane = 3 + 2.5 * across - 0.5 * down
    spiked = plane.copy()
    spiked[2, 3] = 1e6
    assert np.allclose(plane_of(spiked, spiked < 1e5), plane)


def test_fits_are_read_as_written() -> None:
    data = np.array([[1.5, np.nan, -3], [4, 5, 6e7]])
    content = written(data, CRPIX1=2.25, CROTA2=-1e-3)
    assert len(content) == 2 * 2880
    again, header = read(content)
    assert np.array_equal(again, data, equal_nan=True)
    assert header["CRPIX1"] == 2.25
    assert header["CROTA2"] == -1e-3
