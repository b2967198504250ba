"""From material to text: write drafts, verify them, score them, refine them, choose among them."""
