"""Runnable comparisons; each prints ratios beside a floor measured in the same run."""
