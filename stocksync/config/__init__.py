"""What merchants write, loaded strictly: every mistake at once, with its file and line."""

from stocksync.config.first import first_config
from stocksync.config.loading import load, parse
from stocksync.config.merchant import ChannelConfig, Merchant
from stocksync.config.mistakes import ConfigRefused, Mistake
from stocksync.config.schema import schema
from stocksync.config.shape import Language

__all__ = [
    "ChannelConfig",
    "ConfigRefused",
    "Language",
    "Merchant",
    "Mistake",
    "first_config",
    "load",
    "parse",
    "schema",
]
