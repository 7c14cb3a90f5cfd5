"""Who reads what a zone publishes: only what is both asked for and published."""

from __future__ import annotations

import pytest

from assay.errors import ConfigurationError
from assay.zones import Zone
from assay.zones.readers import Reader, check_reads, other_transformers, readers


@pytest.fixture
def weather(zones: list[Zone]) -> Zone:
    return next(zone for zone in zones if zone.zone == "weather")


def test_a_reader_gets_the_tables_it_asks_for_and_no_other(weather: Zone, zones: list[Zone]) -> None:
    assert readers(weather, "prod", zones) == [Reader("flights", "PROD_FLIGHTS_TRANSFORMER", ("hourly_weather",))]


def test_what_is_not_published_is_not_read(weather: Zone, zones: list[Zone]) -> None:
    assert readers(weather.model_copy(update={"publishes": []}), "prod", zones) == []


def test_every_other_zone_is_a_stranger(weather: Zone, zones: list[Zone]) -> None:
    assert other_transformers(weather, "prod", zones) == ["PROD_FLIGHTS_TRANSFORMER"]


def test_reading_what_nobody_publishes_is_a_sentence_with_file_and_key(weather: Zone, zones: list[Zone]) -> None:
    closed = [weather.model_copy(update={"publishes": []}) if zone is weather else zone for zone in zones]
    sentence = r'reads\[0\].tables\[0\] "hourly_weather" is not published by weather; add it'
    with pytest.raises(ConfigurationError, match=sentence):
        check_reads(closed[0], closed, str)


def test_reading_from_a_zone_that_is_not_there_is_a_sentence(weather: Zone, zones: list[Zone]) -> None:
    alone = [zone for zone in zones if zone is not weather]
    with pytest.raises(ConfigurationError, match=r'reads\[0\].zone "weather" is not a zone'):
        check_reads(alone[0], alone, str)


def test_the_repositorys_zones_agree(zones: list[Zone]) -> None:
    for zone in zones:
        check_reads(zone, zones, str)
