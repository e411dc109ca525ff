"""The view of what needs no second look, from the calibration beside an adapter and the findings that are stored."""

import shutil
from dataclasses import replace
from pathlib import Path

from domain_models.legal import DOMAIN
from flows.stages.auto_accept import auto_accept_view
from flows.stages.query import run_query
from flows.stages.store import open_store


def test_each_field_of_an_adapter_has_a_row(tmp_path: Path) -> None:
    with open_store(tmp_path / "m.duckdb", [DOMAIN]):
        pass
    rows = run_query(tmp_path / "m.duckdb", "SELECT * FROM legal.auto_accept WHERE adapter = 'small'")
    table = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
    assert {row["field"] for row in table} == set(DOMAIN.fields_by_name)
    for row in table:
        assert row["accept_at"] is None or row["found_at"] <= row["accept_at"] < 1
        assert 0 <= row["held_out_share"] <= 1
        assert row["findings"] == row["accepted"] == 0
    law = next(row for row in table if row["field"] == "governing_law")
    assert law["held_out_findings"] > 10 and law["held_out_share"] > 0.5


def test_a_domain_without_acceptances_has_no_view(tmp_path: Path) -> None:
    shutil.copytree(DOMAIN.folder / "adapters" / "small", tmp_path / "adapters" / "small")
    path = tmp_path / "adapters" / "small" / "calibration-cuad.json"
    stored = path.read_text(encoding="utf-8")
    path.write_text(stored[: stored.index(', "acceptances"')] + "}", encoding="utf-8")
    assert auto_accept_view(replace(DOMAIN, folder=tmp_path)) == ""
