"""What a person chooses on the page is a mapping that can be read, whatever the heads of the columns are."""

from tracker.ingest.deal_payload import PROPERTY_NAME, WORD_LENGTH_MAX
from tracker.ingest.files.choices import Choices


def test_heads_that_come_to_the_same_name_are_properties_of_their_own() -> None:
    heads = ("Region!", "Region?", "Region", "2", "x" * 200, "x" * 201)
    choices = Choices(
        header=("Id", "Rep", "Day", *heads),
        fields=("deal_id", "rep", "effective_on", *["property"] * len(heads)),
        source="crm",
        currency="DKK",
    )
    rules = choices.mapping.rules
    names = {
        name.removeprefix("properties."): rule.columns
        for name, rule in rules.items()
        if name.startswith("properties.")
    }
    assert sorted(names.values()) == sorted((head,) for head in heads)
    assert all(PROPERTY_NAME.fullmatch(name) for name in names)
    assert all(len(name) <= WORD_LENGTH_MAX for name in names)
