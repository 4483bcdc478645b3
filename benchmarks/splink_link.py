"""Splink on a CSV file of people, in an environment of its own (.hub/bench/splink); run by benchmarks/recognition.py.

    python splink_link.py people.csv pairs.csv

Settings as its documentation advises: comparisons of its library with term frequencies, the match rate from
deterministic rules, u from random pairs, m by expectation and maximisation under two blocking rules, pairs from 0.95.
Prints the seconds from the read file to the pairs.
"""

import logging
import sys
import time

import pandas as pd
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

THRESHOLD = 0.95


def settings(columns: set[str]) -> SettingsCreator:
    """Compare the columns that the file has."""
    comparisons = {
        "given_name": cl.NameComparison("given_name"),
        "family_name": cl.NameComparison("family_name"),
        "birth_date": cl.DateOfBirthComparison("birth_date", input_is_string=True),
        "street": cl.JaroWinklerAtThresholds("street").configure(term_frequency_adjustments=True),
        "house_number": cl.LevenshteinAtThresholds("house_number", 1),
        "postal_code": cl.LevenshteinAtThresholds("postal_code", [1, 2]).configure(term_frequency_adjustments=True),
        "email": cl.EmailComparison("email"),
        "phone": cl.LevenshteinAtThresholds("phone", 1).configure(term_frequency_adjustments=True),
    }
    blocking = [
        block_on("given_name", "family_name"),
        block_on("birth_date"),
        block_on("postal_code", "substr(family_name, 1, 3)"),
        block_on("postal_code", "substr(given_name, 1, 3)"),
        block_on("family_name", "substr(birth_date, 1, 4)"),
        block_on("given_name", "substr(birth_date, 1, 7)"),
    ]
    if "email" in columns:
        blocking += [block_on("email"), block_on("phone"), block_on("street", "house_number")]
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=[comparison for name, comparison in comparisons.items() if name in columns],
        blocking_rules_to_generate_predictions=blocking,
    )


def main() -> None:
    """Train, predict, write."""
    logging.disable(logging.WARNING)
    people = pd.read_csv(sys.argv[1], dtype=str)
    began = time.perf_counter()
    linker = Linker(DuckDBAPI().register(people), settings(set(people.columns)))
    sure = [block_on("given_name", "family_name", "birth_date"), block_on("family_name", "birth_date", "postal_code")]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1_000_000)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("birth_date"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("given_name", "family_name"))
    found = linker.inference.predict(threshold_match_probability=THRESHOLD).as_pandas_dataframe()
    print(time.perf_counter() - began)
    pairs = found[["id_l", "id_r", "match_probability"]]
    pairs.to_csv(sys.argv[2], index=False, header=["id_a", "id_b", "probability"])


if __name__ == "__main__":
    main()
