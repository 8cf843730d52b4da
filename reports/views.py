"""Views: one run for several readers. Which sections a card has, in which order, and what it says of its filters."""

from __future__ import annotations

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
    include, exclude = ", ".join(filters.include_paths), ", ".join(filters.exclude_paths)
    parts = [
        *([language.say(Message("only the paths {patterns}", {"patterns": include}))] if include else []),
        *([language.say(Message("not the paths {patterns}", {"patterns": exclude}))] if exclude else []),
        *_people(settings, language),
    ]
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
