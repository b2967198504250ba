"""What steps compose and refine tell a writer: rules, published weights, questions, patterns.

Weights are quoted with their source and multiply predicted probabilities; nothing here says what one action is worth
in another.
"""

import json
from pathlib import Path

from sandbox.answers import Json

TABLE = json.loads(
    Path(__file__).with_name("weights-x-algorithm-2026-08-12.json").read_text(encoding="utf-8"),
)
SOURCE = f"{TABLE['source']}, read {TABLE['synced']}. {TABLE['note']}"
WEIGHTS: list[Json] = TABLE["weights"]
VELOCITY = "Posts older than 48 hours leave the candidate pool; most of the reach is decided in the first hours."

# The signals that each goal is about, first to last.
GOAL_SIGNALS = {
    "conversation": ("reply", "quote"),
    "engagement": ("share", "retweet", "dwell_time"),
    "followers": ("follow_author", "profile_click"),
    "authority": ("share_via_copy_link", "quote", "dwell_time"),
}
NEGATIVE = ("not_interested", "mute_author", "block_author", "report")

# Each rule with the goals that it serves best.
_RULES = (
    ("Keep under 280 characters", "Between 50 and 280, counted as X counts them.", "engagement authority"),
    ("Front-load the hook", "Say the point in the first line.", "engagement followers"),
    ("End with a question or call to reply", "An answerable question, one only.", "conversation"),
    ("Name a specific detail or metric", "A figure, a name or a date that the source gives.", "authority"),
    ("Say who the account is for", "A reader who does not know you decides from one post.", "followers"),
    (
        "No links in tweet body (attach as link card instead)",
        "Or put the link in the first reply.",
        "engagement conversation",
    ),
    ("Max 1-2 hashtags", "The checklist prefers none.", ""),
    ("No ALL CAPS words", "", ""),
    ("No emojis", "", ""),
    ("No em dashes or double dashes", "Use a comma or a full stop.", ""),
    ("No excessive punctuation", "", ""),
    ("Attach a photo or a video when you have one", "", "engagement"),
)
INSIGHTS: list[Json] = [
    {"name": "reply", "polarity": "positive", "description": "Predicted replies carry weight 5.0."},
    {"name": "shareViaCopyLink", "polarity": "positive", "description": "Predicted link copies carry weight 20.0."},
    {"name": "followAuthor", "polarity": "positive", "description": "Predicted follows carry weight 4.0."},
    {
        "name": "authorDiversity",
        "polarity": "negative",
        "description": "Each further post of an author in one feed counts half of the one before, down to a quarter.",
    },
    {"name": "outOfNetwork", "polarity": "negative", "description": "Scores for viewers who do not follow are x 0.75."},
    {"name": "notInterested", "polarity": "negative", "description": "Predicted 'not interested' weighs -43.2."},
    {"name": "muteAuthor", "polarity": "negative", "description": "Predicted mutes weigh -58.8."},
    {"name": "blockAuthor", "polarity": "negative", "description": "Predicted blocks weigh -31.2."},
    {"name": "report", "polarity": "negative", "description": "Predicted reports weigh -234.0."},
]
QUESTIONS = [
    "What tone do you want? (casual, professional, provocative, educational)",
    "Will you attach media (photo, video, none)?",
    "What action do you want readers to take?",
    "Is there a figure, name or date that the post must carry?",
]
PATTERNS: list[Json] = [
    {"pattern": "Hook -> Context -> CTA", "description": "Surprising metric, 1-2 sentences, open question"},
    {"pattern": "Bold claim -> Evidence -> Question", "description": "A claim, what supports it, what others see"},
    {"pattern": "Before -> After -> How", "description": "What was, what is, the one step between"},
]
_TONES = {
    "casual": "Write as you would to one reader; contractions are fine.",
    "professional": "Plain statements, no slang, no exclamation marks.",
    "provocative": "Open with a claim that a reasonable reader could dispute, then support it.",
    "educational": "One idea, explained in one step, with one example.",
}
_MEDIA = {
    "photo": "Let the photo show what the text does not repeat.",
    "video": "Say what happens in the first ten seconds of the video.",
    "none": "The text stands alone: make the first line carry it.",
}
_GOAL_ADVICE = {
    "conversation": "End with one open question that a reader can answer from experience.",
    "engagement": "Make the post stand alone, so that it can be passed on.",
    "followers": "Say what readers of this account can expect next.",
    "authority": "Name the source or the figure behind the claim.",
}


def content_rules(goal: str) -> list[Json]:
    """Return the rules, those for *goal* first."""
    ordered = sorted(_RULES, key=lambda rule: goal not in rule[2].split())
    return [{"rule": rule} | ({"description": why} if why else {}) for rule, why, _ in ordered]


def scorer_weights(goal: str) -> list[Json]:
    """Return the published weights, those that *goal* is about first."""
    first = GOAL_SIGNALS[goal]
    order = {signal: place for place, signal in enumerate(first)}
    return sorted(WEIGHTS, key=lambda item: order.get(item["signal"], len(first)))


def multipliers(goal: str) -> list[Json]:
    """Return the weights of *goal* as the API words multipliers."""
    by_signal = {item["signal"]: item["weight"] for item in WEIGHTS}
    return [
        {
            "action": signal,
            "multiplier": f"weight {by_signal[signal]} per unit of predicted probability (favorite: 0.5)",
            "source": TABLE["source"],
        }
        for signal in GOAL_SIGNALS[goal]
    ]


def top_penalties() -> list[str]:
    """Return the four negative signals with their weights."""
    by_signal = {item["signal"]: item["weight"] for item in WEIGHTS}
    return [f"{signal}: weight {by_signal[signal]} per unit of predicted probability" for signal in NEGATIVE]


def composition_guidance(*, goal: str, tone: str, context: str, cta: str, media: str) -> list[str]:
    """Return what to keep in mind while writing, from the most to the least specific to this post."""
    guidance = [_TONES.get(tone.lower(), f"Keep the tone {tone} throughout."), _GOAL_ADVICE[goal]]
    if cta:
        guidance.append(f"Lead up to this call to action: {cta}")
    if context:
        guidance.append("Take one concrete detail from the context you gave.")
    if media:
        guidance.append(_MEDIA[media])
    return [*guidance, "Stay between 50 and 280 characters.", "Keep links for a reply."]
