"""An auditor that shares no code with the scheduler: it reads the books from their files and compares what they say."""

from tests.chaos.audit.auditor import audit
from tests.chaos.audit.books import Books
from tests.chaos.audit.findings import Audit, Finding, Kind
from tests.chaos.audit.printed import table

__all__ = ["Audit", "Books", "Finding", "Kind", "audit", "table"]
