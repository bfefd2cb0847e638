"""The dashboard asks what somebody on call asks, of metrics that are exported, in expressions that Prometheus takes."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from exported import named_in, series
from test_alert_rules import ALERTS

GRAFANA = Path(__file__).resolve().parent.parent.parent / "config" / "grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards" / "flagging.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
NOT_SHOWN = {"flagging_ledger_head_link"}  # a fingerprint: to be kept, not to be looked at


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_is_a_question_with_a_place_of_its_own(panel):
    assert panel["title"].endswith("?")
    assert panel["description"].endswith(".")
    place = panel["gridPos"]
    cells = {
        (x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])
    }
    for other in PANELS:
        there = other["gridPos"]
        if other is not panel:
            assert not any(
                there["x"] <= x < there["x"] + there["w"] and there["y"] <= y < there["y"] + there["h"]
                for x, y in cells
            )


def test_what_a_panel_calls_an_alert_is_one():
    words = {word.strip(".,:") for panel in PANELS for word in panel["description"].partition("Alert")[2].split()}
    named = {word for word in words if word[:1].isupper()}
    assert named <= set(ALERTS)


def test_every_metric_is_shown_and_every_one_shown_is_exported():
    shown = set().union(*map(named_in, EXPRESSIONS))
    assert shown <= series()
    assert {name for name in series() if name not in NOT_SHOWN} <= shown


def test_prometheus_takes_every_expression(promtool, tmp_path):
    filled_in = [expr.replace("$instance", ".*").replace("$__rate_interval", "1m") for expr in EXPRESSIONS]
    rules = [{"record": f"panel:expression:{number}", "expr": expr} for number, expr in enumerate(filled_in)]
    (tmp_path / "panels.yaml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(
        [promtool, "check", "rules", str(tmp_path / "panels.yaml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "$" not in "".join(filled_in)


def test_grafana_is_provisioned_with_the_source_that_the_dashboard_asks():
    (source,) = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yaml").read_text())[
        "datasources"
    ]
    asked = {target["datasource"]["uid"] for panel in PANELS for target in panel["targets"]}
    assert asked == {source["uid"]}
