"""What there is (planners, platforms, sources of workflows) as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from planners.parameters import Parameter as PlannerParameter
from planners.registry import planner_descriptions
from planners.switch_descriptions import switch_descriptions
from platforms import Platform, describe, load_platform, presets
from workloads.parameters import Parameter
from workloads.sources import describe_sources


def planners_content() -> dict[str, object]:
    """Every registered planner with its parameters."""
    return {
        "planners": [
            {"name": each.name, "summary": each.summary, "parameters": [*_parameters(each.parameters)]}
            for each in planner_descriptions()
        ]
    }


def optimizations_content() -> dict[str, object]:
    """Every registered optimization."""
    return {"optimizations": [asdict(each) for each in switch_descriptions()]}


def sources_content() -> dict[str, object]:
    """All that workflows come from."""
    return {
        "sources": [
            {"key": each.key, "summary": each.summary, "parameters": [*_parameters(each.parameters)]}
            for each in describe_sources()
        ]
    }


def _parameters(parameters: Iterable[Parameter | PlannerParameter]) -> Iterator[dict[str, object]]:
    for parameter in parameters:
        yield {
            "name": parameter.name,
            "default": parameter.default,
            "unit": parameter.figure.unit,
            "meaning": parameter.figure.meaning,
        }


def presets_content() -> dict[str, object]:
    """Every preset in a sentence."""
    platforms = [load_platform(name) for name in presets()]
    return {"platforms": [{"name": each.name, "description": each.description} for each in platforms]}


def platform_content(platform: Platform) -> dict[str, object]:
    """Every figure of a platform; values are TOML, so that inf and tables keep what they are."""
    return {
        "name": platform.name,
        "description": platform.description,
        "fingerprint": platform.fingerprint,
        "figures": [
            {
                "path": figure.path,
                "value": figure.text,
                "unit": figure.unit,
                "meaning": figure.meaning,
                "source": figure.source,
            }
            for figure in describe(platform)
        ],
    }
