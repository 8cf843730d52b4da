"""Views: one run for several readers. Which sections a card has, in which order, and what it says of its filters."""

from __future__ import annotations

from dataclasses import replace

from analyzers.filters import by_path
from model.language import Language, Message
from model.report import (
    FiguresSection,
    Filters,
    ItemsSection,
    Section,
    Settings,
    TableSection,
    Template,
    View,
)


def sections_of(template: Template, view: View) -> tuple[Section, ...]:
    """Return a template's sections for a view; where the view would leave none, all of them."""
    match view:
        case "management":
            return tuple(s for s in template.sections if _for_management(s)) or template.sections
        case "operations":
            return tuple(sorted(template.sections, key=lambda s: not isinstance(s, ItemsSection)))
        case "development":
            return template.sections


def filter_line(settings: Settings, language: Language) -> str | None:
    """Return what a card counts and what not; None where nothing is filtered."""
    filters = settings.filters
    if filters == Filters():
        return None
    said = (
        (filters.include_repositories, Message("only the repositories {patterns}")),
        (filters.exclude_repositories, Message("not the repositories {patterns}")),
        (filters.include_labels, Message("only the labels {patterns}")),
        (filters.exclude_labels, Message("not the labels {patterns}")),
        (filters.include_paths, Message("only the paths {patterns}")),
        (filters.exclude_paths, Message("not the paths {patterns}")),
    )
    told = [replace(message, values={"patterns": ", ".join(patterns)}) for patterns, message in said if patterns]
    parts = [*map(language.say, told), *_people(settings, language)]
    lines = [language.say(Message("This counts {parts}.", {"parts": "; ".join(parts)}))]
    if by_path(filters):
        lines.append(
            language.say(Message("Git does not record which paths a branch or a merge touches: these are left out."))
        )
    return " ".join(lines)


def _people(settings: Settings, language: Language) -> list[str]:
    filters = settings.filters
    if not filters.include_people and not filters.exclude_people:
        return []
    if not settings.people:
        return [language.say(Message("some people only"))]
    said = (
        (Message("only {names}", {"names": ", ".join(filters.include_people)}), filters.include_people),
        (Message("not {names}", {"names": ", ".join(filters.exclude_people)}), filters.exclude_people),
    )
    return [language.say(message) for message, names in said if names]


def _for_management(section: Section) -> bool:
    return isinstance(section, FiguresSection | ItemsSection) or (
        isinstance(section, TableSection) and section.by == "path"
    )
