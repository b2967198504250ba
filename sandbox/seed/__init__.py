"""What a new sandbox is planted with: accounts, authors, posts, radar items."""
