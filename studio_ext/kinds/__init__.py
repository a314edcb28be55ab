"""SageMaker's nouns, a module per section of its console. Knows no transport."""
