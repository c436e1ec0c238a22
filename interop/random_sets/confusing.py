"""Strings that look like others."""

from __future__ import annotations

from random import Random

from psion_contract.documents.confusables import LOOK_ALIKES

_INSERTED = (
    *("\u200b", "\u00ad", "\u202e", "\u2066", "\ufe0f", "\ufeff", "\U000e0041", "\u00a0", "\u3000", "\u2028"),
    *(
        "\u0301",
        "e\u0301",
        "\u0323\u0307",
        "\u0307\u0323",
        "\u212b",
        "\u1112\u1161",
        "\uf900",
        "\u304b\u3099",
    ),
    *(
        "\u0e4a\u0301",
        "\U0002f800",
        "\u00e9",
        "\u2010",
        "\u180a",
        "\u2070",
        "\U0001f40b\ufe0f",
        "\u0307\u200b\u0323",
    ),
)


def confusable(random: Random, text: str) -> str:
    """The text with invisible, combining or look-alike characters."""
    if random.random() < 0.5:
        place = random.randrange(len(text) + 1)
        return text[:place] + random.choice(_INSERTED) + text[place:]
    alike: dict[str, list[str]] = {}
    for character, plain in LOOK_ALIKES.items():
        alike.setdefault(plain, []).append(character)
    return "".join(
        random.choice(alike[each]) if each in alike and random.random() < 0.3 else each for each in text
    )
