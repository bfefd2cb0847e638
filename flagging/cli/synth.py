"""`flagging synth`: a synthetic master list."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from flagging.synth import write_master_list


@click.command()
@click.option("--people", type=click.IntRange(1, 200_000), default=321, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="the same seed makes the same people")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def synth(people: int, seed: int, out: Path) -> None:
    """Write a synthetic master list with the published proportions. Nobody on it exists."""
    write_master_list(out, people, seed, datetime.now(ZoneInfo("Europe/London")).date())
    click.echo(f"{people} people in {out}")
