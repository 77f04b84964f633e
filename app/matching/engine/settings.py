"""The numbers of the rules and terms, as one frozen set."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

LARGEST = 4_000


class UnknownSetting(ValueError):
    """A name among the settings is not one of ours."""


class BadSetting(ValueError):
    """A setting is not a whole number within its bounds."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What each term is worth and where each numbered rule draws its line."""

    expertise_equal: int = 380
    expertise_above: int = 340
    expertise_far_above: int = 280
    expertise_mentored: int = 180
    area_code: int = 120
    area_category: int = 40
    language: int = 150
    place_county: int = 120
    place_state: int = 90
    place_remote: int = 60
    slack_most: int = 80
    rotation_most: int = 70
    fatigue_each: int = 25
    load_second: int = 30
    load_next: int = 50
    asked_too_often_14d: int = 2
    asked_too_often_60d: int = 4

    def __post_init__(self) -> None:
        """Refuse anything but whole numbers between 0 and 4,000."""
        for name, value in asdict(self).items():
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
                raise BadSetting(f"{name} must be a whole number from 0 to {LARGEST}, not {value!r}")

    @classmethod
    def from_mapping(cls, numbers: Mapping[str, object]) -> "Settings":
        """Return the settings with the named numbers changed.

        :raises UnknownSetting: a name is not a term or rule of ours
        :raises BadSetting: a number is out of bounds
        """
        known = [field.name for field in fields(cls)]
        for name in numbers:
            if name not in known:
                raise UnknownSetting(f"unknown setting {name!r}; known are {', '.join(known)}")
        return cls(**numbers)  # type: ignore[arg-type]

    def as_mapping(self) -> dict[str, int]:
        """Return every name with its number."""
        return asdict(self)

    def penalty(self, nth: int) -> int:
        """Return what a volunteer's nth new case in one run costs, the first being 0."""
        return 0 if nth == 0 else self.load_second + self.load_next * (nth - 1)
