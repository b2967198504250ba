"""Finding what may be worth reading about a topic: each finder gives leads, and what it finds is data."""
