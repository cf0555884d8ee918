"""Answers a read from wherever its path stands. The caller never sees a service fail."""

from monolith.strangler.routing.answering import AnswerUnavailable, answer, answer_together

__all__ = ["AnswerUnavailable", "answer", "answer_together"]
