"""The template as its owner writes it: a document of plain values, read into a Template and written back."""

from domain.template_document.media import refuse_unheard
from domain.template_document.reading import is_active, parse
from domain.template_document.schedule import calendar_url
from domain.template_document.writing import schedule_document, to_document

__all__ = ["calendar_url", "is_active", "parse", "refuse_unheard", "schedule_document", "to_document"]
