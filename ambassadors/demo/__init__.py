"""The champions programme of the demo company, on top of its people: made once, by concern."""

from collections.abc import Callable

from ambassadors.demo import answers, counts, policy, posts, sharing, training, words

# What each makes, in order; what is there already is left alone. Returns what it made, in words.
STEPS: list[Callable[[], str]] = [
    training.seed,
    policy.seed,
    policy.take_part,
    words.seed,
    posts.seed,
    sharing.seed,
    answers.seed,
    counts.seed,
]
