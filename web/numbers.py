"""Numbers as people read them, by the rules of both languages: 1.24 万人, 5,210 people, whole per cent."""

from __future__ import annotations

from collections.abc import Callable

FEW = 50
MYRIAD = 10_000


def people(value: float | None, lang: str) -> str:
    """Return a number of people: 万 from ten thousand in Chinese, thousands separated in English."""
    if value is None or value != value:
        return "—"
    if 0 < value < FEW:
        return f"不足 {FEW} 人" if lang == "zh" else f"under {FEW}"
    if lang == "zh":
        return f"{value / MYRIAD:.2f} 万人" if value >= MYRIAD else f"{value:,.0f} 人"
    return f"{value:,.0f}"


def count(value: float | None) -> str:
    """Return people as digits alone, for columns of a table: the same form from top to bottom."""
    if value is None or value != value:
        return "—"
    return f"<{FEW}" if 0 < value < FEW else f"{value:,.0f}"


def share(value: float | None) -> str:
    """Return a share as whole per cent; a dash where it is not known."""
    return "—" if value is None or value != value else f"{value:.0%}"


def metres(value: float | None, lang: str) -> str:
    """Return a distance: metres below a kilometre, kilometres with one decimal above."""
    if value is None or value != value:
        return "—"
    if value < 1000:
        return f"{value:.0f} 米" if lang == "zh" else f"{value:.0f} m"
    return f"{value / 1000:.1f} 公里" if lang == "zh" else f"{value / 1000:.1f} km"


def formats(lang: str) -> dict[str, Callable[[float | None], str]]:
    """Return the formats bound to a language, for templates."""
    return {"people": lambda v: people(v, lang), "count": count, "share": share, "metres": lambda v: metres(v, lang)}
