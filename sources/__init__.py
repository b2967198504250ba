"""Reading the outside world: pages, feeds, texts and styles, all of it hostile until it is cleaned."""
