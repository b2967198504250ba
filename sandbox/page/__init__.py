"""The timeline as HTML pages."""
