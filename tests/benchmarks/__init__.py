"""What a launch costs, beside a floor measured in the same run. Run it with ``make bench``."""
