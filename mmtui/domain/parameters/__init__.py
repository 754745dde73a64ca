"""The parameter schema: every setting once, with unit, bounds, default and help.

The configuration file, its validation, its documentation and the live editor all come from these
rows. Nothing here reads a file.
"""

from mmtui.domain.parameters.checks import CrossCheck, cross_problems, notices
from mmtui.domain.parameters.schema import Kind, Parameter, Refusal, Value
from mmtui.domain.parameters.settings import PARAMETERS, SECTIONS, Settings, find, parameter

__all__ = [
    "PARAMETERS",
    "SECTIONS",
    "CrossCheck",
    "Kind",
    "Parameter",
    "Refusal",
    "Settings",
    "Value",
    "cross_problems",
    "find",
    "notices",
    "parameter",
]
