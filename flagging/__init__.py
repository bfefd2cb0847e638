"""Arrest-time flagging of Prolific and other Priority Offenders."""

import os

__version__ = "0.1.0"

# Set empty, as an environment file may have it, it counts as not set: prometheus_client, which reads it when it is
# imported, takes an empty one for the current directory, and each command would leave its files there.
for _name in ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir"):
    if not os.environ.get(_name):
        os.environ.pop(_name, None)
