"""SQL: tables, migrations, rows in, domain objects out. Synchronous; only the writer has a thread of its own."""
