"""`flagging check-config`: is every configuration file right, and what is this installation set to."""

import os
import sys

import click

from flagging.configuration.load import load_configuration
from flagging.errors import ConfigurationInvalid
from flagging.settings import describe, read_settings


@click.command("check-config")
@click.option("--show", is_flag=True, help="also print every setting; secrets stay hidden")
def check_config(show: bool) -> None:
    """Validate every file of the configuration directory; name file, key and reason of each fault."""
    settings = read_settings(os.environ)
    if show:
        for row in describe(settings):
            click.echo(f"{row.variable:34}{row.value:40}{'' if row.is_default else '(set) '}{row.says}")
    try:
        load_configuration(settings.config_dir)
    except ConfigurationInvalid as error:
        for fault in error.faults:
            click.echo(f"{fault.where}: {fault.reason}", err=True)
        sys.exit(1)
    click.echo(f"{settings.config_dir}: no fault found")
