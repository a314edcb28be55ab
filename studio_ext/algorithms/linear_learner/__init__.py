"""Linear Learner: many linear models trained at once, the best kept (``linear-learner``)."""
