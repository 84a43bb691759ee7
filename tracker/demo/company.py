"""The demo company: who works there, on which plan, with which quota. Everybody in it is invented."""

from dataclasses import dataclass
from pathlib import Path

PLAN_FOLDER = Path(__file__).parent / "plans"


@dataclass(frozen=True, slots=True)
class DemoTeam:
    """A team, its manager and reps; all on one plan. Deal sizes and quota are whole kroner."""

    name: str
    manager: str
    reps: tuple[str, ...]
    plan_key: str
    quota_kroner: int
    deal_kroner: tuple[int, int]
    deals_per_month: float


TEAMS = (
    DemoTeam(
        "Team Nord",
        "Mette Vang",
        (
            "Anna Lund",
            "Mikkel Sand",
            "Sofie Bech",
            "Jonas Krog",
            "Freja Holm",
            "Emil Dahl",
            "Laura Friis",
            "Oliver Juhl",
            "Ida Skov",
            "Noah Bruun",
            "Clara Toft",
        ),
        "ae_smb",
        1_500_000,
        (28_000, 120_000),
        7.6,
    ),
    DemoTeam(
        "Team Syd",
        "Henrik Bager",
        (
            "Victor Lind",
            "Alma Rask",
            "Malthe Krag",
            "Ella Storm",
            "August Bang",
            "Josefine Hald",
            "Carl Munk",
            "Agnes Ravn",
            "Valdemar Lykke",
            "Nora Frost",
        ),
        "account_manager",
        750_000,
        (24_000, 110_000),
        12.0,
    ),
    DemoTeam(
        "Team Øst",
        "Kirsten Falk",
        (
            "Magnus Berg",
            "Karla Winther",
            "Sebastian Kjær",
            "Olivia Thorsen",
            "Elias Nygaard",
            "Astrid Gade",
            "Theo Hougaard",
            "Liva Brandt",
            "Anton Møller",
        ),
        "ae_enterprise",
        700_000,
        (140_000, 620_000),
        2.1,
    ),
)

ADMIN = "Birgit Nørgaard"
PAYROLL = "Poul Lindqvist"
"""The second administrator: asks for months to be closed, which the first approves."""

NOT_ON_THE_WALL = frozenset({"Noah Bruun", "Nora Frost"})
"""Two people who chose not to be shown by name on a team screen."""

CUSTOMERS = (
    "Nordwind A/S",
    "Fjord Data",
    "Hvid & Co",
    "Granit Invest",
    "Lyngby Klinik",
    "Havn & Søn",
    "Nordlys Energi",
    "Byens Bryg",
    "Vestkyst Logistik",
    "Kystens Fisk",
    "Aarhus Teknik",
    "Bøgely Biler",
    "Dansk Glas",
    "Egholm Foder",
    "Fyn Finans",
    "Grøn Varme",
    "Holmegaard Huse",
    "Jysk Jern",
    "Klint Kommunikation",
    "Limfjord Mad",
    "Møn Maskiner",
    "Odense Optik",
    "Præstø Print",
    "Ribe Rør",
    "Samsø Saft",
    "Thy Transport",
    "Vejle Vand",
    "Ærø El",
    "Ørsted Rejser",
    "Åbyhøj Apotek",
)

NEXT_STEPS = (
    "Send kontrakten",
    "Møde med beslutningstager",
    "Juridisk gennemgang",
    "Bestyrelsesmøde",
    "Aftal prisen",
    "Vis resultatet af pilotprojektet",
)


def email_of(name: str) -> str:
    """An address that can never be delivered to (RFC 2606)."""
    letters = {"æ": "ae", "ø": "oe", "å": "aa", " ": "."}
    return "".join(letters.get(letter, letter) for letter in name.lower()) + "@demo.example"


def plan_text(plan_key: str) -> str:
    return (PLAN_FOLDER / f"{plan_key}.toml").read_text(encoding="utf-8")
