"""The controller: takes jobs from recorded to ended. Knows no noun."""
