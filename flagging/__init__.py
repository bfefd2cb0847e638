"""Arrest-time flagging of Prolific and other Priority Offenders."""

__version__ = "0.1.0"
