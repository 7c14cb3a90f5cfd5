from tests.plugins.assay.embedded import ZoneOnTrial
from tests.plugins.assay.ingestion.weather_files import file, path, rows


def test_a_good_file_is_landed_and_let_through(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file(rows(1)))
    print(weather.land("run-1"))
    outcome = weather.approve("run-1")
    assert (outcome.rows, outcome.approved, outcome.warnings) == (6, 6, ())
    assert len(weather.approved()) == 6
