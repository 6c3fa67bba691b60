"""The demo round: the district plan of 2020 with its 25 units, part of the way through.

Names of people are invented. The figures are drawn from a fixed seed, so that every machine has the same ones.
"""

from .accounts import ACCOUNTS, PASSWORD_FILE
from .load import load_demo

__all__ = ["ACCOUNTS", "PASSWORD_FILE", "load_demo"]
