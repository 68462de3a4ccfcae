"""What ships with the programme, for a company to begin with: a policy, a course, phrases."""

from pathlib import Path
from typing import Any

import yaml

from server.look import look_facts

FOLDER = Path(__file__).parent / "starter"


def policy() -> dict[str, str]:
    """`text_nl` and `text_en` of the policy that ships, with the company's name in it: people say
    yes to these words, so they stay as they were, also when the company is called otherwise later.
    """
    name = look_facts()["name"]
    texts = {
        language: (FOLDER / f"policy.{language}.md").read_text(encoding="utf-8").strip()
        for language in ("nl", "en")
    }
    return {f"text_{language}": text.replace("{company}", name) for language, text in texts.items()}


def course() -> bytes:
    """The starter course, as `importing.course_file` reads it."""
    return (FOLDER / "mag-ik-dit-posten.yaml").read_bytes()


def phrases() -> list[dict[str, Any]]:
    """The list of words to leave out or be careful with; facts as for `Phrase.write`."""
    text = (FOLDER / "phrases.yaml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)
    return found
