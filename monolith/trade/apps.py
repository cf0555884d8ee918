"""The shop's trade: a past to load, a present to replay, and made-up trade of the same shape."""

from __future__ import annotations

from django.apps import AppConfig


class TradeConfig(AppConfig):
    name = "monolith.trade"
